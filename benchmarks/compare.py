"""What the guarded road costs, beside baselines: ``make bench``, or ``scripts/bench --help``.

Invented contacts on a server of our own with PostgreSQL's default settings, which is gone afterwards. Seconds mean
little elsewhere; the ratios of one run are what can be compared.
"""

from __future__ import annotations

import argparse
import shlex
import sys
from datetime import datetime, timezone
from pathlib import Path
from tempfile import TemporaryDirectory

import page
import peers
import rounds
import weeks
from figures import MILLION, SIZES, Samples
from organisations import make_template, server_with_defaults
from processes import StepFailed

WEEKS_UP_TO = 10_000  # a week over a slow link is measured at sizes of the handoff's order


def runs_of(contacts: int, asked: int | None) -> int:
    """How many runs a size gets unless somebody asks for another number."""
    return asked or (3 if contacts < MILLION else 1)


def measure(options: argparse.Namespace) -> page.Outcome:
    """Measure every size, smallest first; returns all that the page tells."""
    left_out = dict.fromkeys(peers.PEERS, "not measured: left out") if options.without_peers else peers.install()
    outcome = page.Outcome(seed=options.seed)
    with TemporaryDirectory() as folder, server_with_defaults(Path(folder) / "server") as server:
        outcome.server = page.describe(server)
        for contacts in sorted(options.sizes):
            rounds.tell(f"{contacts:,} contacts are invented")
            export = Path(folder) / f"export {contacts}.csv"
            rows = make_template(server, "kajabi_guard_bench_template", contacts, options.seed, export)
            world = rounds.World(server, "kajabi_guard_bench_template", export, rows, Path(folder) / "state")
            samples, runs = Samples(contacts), runs_of(contacts, options.runs)
            measured, samples.notes = rounds.peers_for(outcome.samples, contacts, left_out)
            outcome.samples.append(samples)
            outcome.runs.append(runs)
            try:
                for _ in range(runs):
                    rounds.run_once(world, samples, peers=measured)
                if contacts <= WEEKS_UP_TO:
                    outcome.phases = weeks.run_weeks(world, samples, runs)
                    outcome.phases_of = samples
            except StepFailed as failed:
                outcome.failures.append(f"{contacts:,} contacts: {failed}")
                break
    return outcome


def main() -> None:
    """Measure, print, and with ``--write`` write docs/benchmarks.md and the figures of the README.

    Where a step of ours fails, what was measured before is printed, nothing is written, and the exit code is 1.
    """
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, metavar="N", help="contacts (all three)")
    parser.add_argument("--runs", type=int, help="runs a size (default 3; at 1,000,000 contacts 1)")
    parser.add_argument("--seed", type=int, default=1, help="of the invented people (default 1)")
    parser.add_argument("--without-peers", action="store_true", help="leave out pandas, csvsql, dlt and dbt seed")
    parser.add_argument("--write", action="store_true", help="write docs/benchmarks.md and the README's figures")
    options = parser.parse_args()
    command = shlex.join(("scripts/bench", *sys.argv[1:]))
    outcome = measure(options)
    text = page.make(outcome, command, datetime.now(timezone.utc))
    print(text)
    if outcome.failures:
        sys.exit("\n".join(outcome.failures))
    if options.write:
        page.write(outcome, text)


if __name__ == "__main__":
    main()
