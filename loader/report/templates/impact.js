// Searching the tables that are on the page. Without it everything is readable, and the boxes stay hidden.
for (const box of document.querySelectorAll("input[data-filters]")) {
  const bodies = [...document.getElementById(box.dataset.filters).tBodies];
  const texts = bodies.map((body) => body.textContent.toLowerCase());
  const said = box.parentElement.querySelector("output");
  box.addEventListener("input", () => {
    const wanted = box.value.trim().toLowerCase();
    let found = 0;
    bodies.forEach((body, position) => {
      body.hidden = !texts[position].includes(wanted);
      found += body.hidden ? 0 : 1;
    });
    const rest = box.dataset.rest ? `; ${box.dataset.rest}` : "";
    said.textContent = wanted ? `${found} of ${bodies.length} shown${rest}` : "";
  });
  box.parentElement.hidden = false;
}
