{# Text without white space around it; null when nothing is left. The one definition is the database's function. #}
{% macro trim_text(value) -%}
    kajabi_ledger.trim_text({{ value }})
{%- endmacro %}

{# True where our value, trimmed, is not Kajabi's, which staging has trimmed. Most are equal as they are, and comparing
   them so first costs a tenth of trimming them. #}
{% macro differs(ours, kajabi) -%}
    ({{ ours }} is distinct from {{ kajabi }} and {{ trim_text(ours) }} is distinct from {{ kajabi }})
{%- endmacro %}

{# An email as a key. The loader's statements need the same one, so it lives in the database. #}
{% macro clean_email(value) -%}
    kajabi_ledger.clean_email({{ value }})
{%- endmacro %}

{# A placeholder such as N/A is no value. The list is the seed `placeholders`. #}
{% macro without_placeholder(value) -%}
    case
        when
            not '[' || lower({{ value }}) || ']' in (
                select bracketed_placeholder from {{ ref('placeholders') }} where kind = 'placeholder'
            )
            then {{ value }}
    end
{%- endmacro %}

{# Exactly one apostrophe that a spreadsheet export put before a formula sign or, in phones and postal codes,
   before a digit. Never from a name: 't Hooft keeps his. #}
{% macro without_escape(value, field) -%}
    case
        -- most have none, and a pattern costs ten times as much as this
        when not starts_with({{ value }}, '''') then {{ value }}
        when {{ field }} in ('first_name', 'last_name') then {{ value }}
        when {{ value }} ~ E'^''[-=+@\t\r]' then substr({{ value }}, 2)
        when {{ field }} in ('phone', 'postal_code') and {{ value }} ~ '^''[0-9]' then substr({{ value }}, 2)
        else {{ value }}
    end
{%- endmacro %}

{# Kajabi's cell as it would be written here: unescaped, composed (NFC), trimmed; placeholders are null.
   Text of ASCII characters is composed already: asking that first is ten times as fast. #}
{% macro clean_text(value, field) -%}
    {%- set unescaped = without_escape(value, field) -%}
    {{ without_placeholder(trim_text(
        'case when octet_length(' ~ value ~ ') = char_length(' ~ value ~ ') then ' ~ unescaped
        ~ ' else normalize(' ~ unescaped ~ ', NFC) end'
    )) }}
{%- endmacro %}

{# The digits of a phone; null when there is none. #}
{% macro clean_phone(value) -%}
    nullif({{ digits(value) }}, '')
{%- endmacro %}

{# What is left when case, white space and punctuation are taken away: punctuation becomes a space, letters of every
   script stay. The characters are listed, because [[:punct:]] means different things under different locales. #}
{% macro comparable_text(value) -%}
    btrim(regexp_replace(
        lower(normalize({{ value }}, NFC)),
        '[\s!-/:-@\[-`{-~\u0085\u00A0-\u00A9\u00AB-\u00B1\u00B4\u00B6-\u00B8\u00BB\u00BF\u00D7\u00F7'
        '\u1680\u2000-\u206F\u3000-\u3004\u3008-\u3020\u3030\uFEFF]+',
        ' ', 'g'
    ))
{%- endmacro %}

{# Two values of one field are compared on this: digits for a phone, comparable text for all else. #}
{% macro comparable_value(value, field) -%}
    case when {{ field }} = 'phone' then {{ clean_phone(value) }} else {{ comparable_text(value) }} end
{%- endmacro %}

{# Kajabi's address line 2 repeats its line 1 or its city: such a cell is no value. #}
{% macro is_malformed_line_2(line_2, line_1, city) -%}
    coalesce(
        {{ comparable_text(line_2) }} <> ''
        and {{ comparable_text(line_2) }} in ({{ comparable_text(line_1) }}, {{ comparable_text(city) }}),
        false
    )
{%- endmacro %}

{# One of Kajabi's phone columns, which staging has trimmed; null where it is blank or a placeholder, an escaped one
   included. #}
{% macro phone_text(value) -%}
    case when {{ clean_text(value, "'phone'") }} is not null then {{ value }} end
{%- endmacro %}
