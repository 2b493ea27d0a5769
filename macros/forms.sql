{# What a value must look like to be one. A cell without form is kept out and listed (rule `invalid_in_kajabi`, reason
   `malformed_email`): what a spreadsheet or a program has wrecked must not become anybody's phone or name. #}

{# True for something that can be an email: one @, a dot after it, and nothing that cannot be seen, that breaks out of a
   list of recipients or that a page would run: white space, control and format characters, quotes, angle brackets. An
   apostrophe is allowed. #}
{% macro is_possible_email(value) -%}
    {%- set never = '@"<>`' ~ white_space() ~ '\\u0001-\\u001F\\u007F-\\u00A0\\u00AD\\u0600-\\u0605\\u061C'
        ~ '\\u06DD\\u070F\\u0890\\u0891\\u08E2\\u180E\\u200B-\\u200F\\u2028-\\u202E\\u2060-\\u206F'
        ~ '\\uFEFF\\uFFF9-\\uFFFB\\U000110BD\\U000110CD'
        ~ '\\U00013430-\\U0001343F\\U0001BCA0-\\U0001BCA3\\U0001D173-\\U0001D17A\\U000E0001\\U000E0020-\\U000E007F' -%}
    coalesce({{ value }} ~ '^[^{{ never }}]+@[^{{ never }}]+\.[^{{ never }}.]+$', false)
{%- endmacro %}

{# An email as people copy it: without `mailto:` before it and a dot after it. #}
{% macro bare_email(value) -%}
    case
        when lower(left({{ value }}, 7)) = 'mailto:' or right({{ value }}, 1) = '.'
            then regexp_replace(regexp_replace({{ value }}, '^mailto:', '', 'i'), '\.$', '')
        else {{ value }}
    end
{%- endmacro %}

{# True where a cleaned value of Kajabi's has the form of its field; null where there is none. `country` is the country
   of its row, as the row has it: it says what a postal code may be. #}
{% macro has_form(value, field, country) -%}
    (
        -- an error value, and characters that stand for one that was lost
        not '[' || {{ value }} || ']' in (
            select bracketed_placeholder from {{ ref('placeholders') }} where kind = 'error_value'
        )
        and {{ value }} !~ '\uFFFD'
        -- UTF-8 that was read as another encoding and saved again: JosÃ©
        and {{ value }} !~ '[\u00C2-\u00C5][\u0080-\u00BF€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]|\u00E2[\u0080\u20AC]'
        and case {{ field }}
            when 'phone' then {{ is_phone(value) }}
            when 'postal_code' then {{ is_postal_code(value, country) }}
            when 'kajabi_id' then {{ is_id(value) }}
            when 'kajabi_member_id' then {{ is_id(value) }}
            -- something that can be seen is a letter or a digit
            else {{ comparable_text(value) }} <> ''
        end
    )
{%- endmacro %}

{# Kajabi numbers people: 1 to 20 digits. #}
{% macro is_id(value) -%}
    {{ value }} ~ '^[0-9]{1,20}$'
{%- endmacro %}

{# An id without the one apostrophe that a spreadsheet export put before it. #}
{% macro id_digits(value) -%}
    case when starts_with({{ value }}, '''') then substr({{ value }}, 2) else {{ value }} end
{%- endmacro %}

{# 7 to 15 digits with what people put between them, an extension set aside. Letters only as the last seven of a number
   that is meant to be spelled. No date, no decimal number, and not one digit again and again. #}
{% macro is_phone(value) -%}
    {%- set space = '[' ~ white_space() ~ ']*' -%}
    {%- set extension = space ~ '(ext\\.?|extension|x|#)' ~ space ~ '[0-9]{1,6}$' -%}
    {%- set main = "regexp_replace(" ~ value ~ ", '" ~ extension ~ "', '', 'i')" -%}
    {%- set gap = '[-.' ~ white_space() ~ ']?' -%}
    {%- set month_or_day = '(0?[1-9]|[12][0-9]|3[01])' -%}
    (
        (
            {{ main }} ~ '^[-+0-9()./\u2010-\u2015{{ white_space() }}]+$'
            and length({{ digits(main) }}) between 7 and 15
            and {{ digits(main) }} !~ '^(.)\1*$'
            and {{ main }} !~ '^[0-9]+\.0*$'
            and {{ main }} !~ '^(19|20)[0-9]{2}[-/.]{{ month_or_day }}[-/.]{{ month_or_day }}$'
            and {{ main }} !~ '^{{ month_or_day }}[-/.]{{ month_or_day }}[-/.]((19|20)[0-9]{2}|[0-9]{2})$'
        )
        or {{ main }} ~ '^(\+?1{{ gap }})?\(?[2-9][0-9]{2}\)?{{ gap }}[0-9A-Z]{3}{{ gap }}[0-9A-Z]{4}$'
    )
{%- endmacro %}

{# As the country writes them, where it is the United States or Canada; elsewhere letters and digits in groups. Never a
   decimal number or a power of ten. #}
{% macro is_postal_code(value, country) -%}
    case
        when {{ comparable_text(country) }} in ('us', 'usa', 'u s', 'u s a', 'united states', 'united states of america')
            then {{ value }} ~ '^[0-9]{5}([-{{ white_space() }}]?[0-9]{4})?$'
        when {{ comparable_text(country) }} in ('ca', 'can', 'canada')
            then {{ value }} ~* '^[a-z][0-9][a-z][-{{ white_space() }}]?[0-9][a-z][0-9]$'
        else
            {{ value }} ~* '^[a-z0-9]+([-{{ white_space() }}][a-z0-9]+)*$' and {{ value }} ~ '[0-9]'
            and {{ value }} !~* '^[0-9]+e[0-9]+$'
            and length({{ value }}) between 2 and 12
    end
{%- endmacro %}

{# White space in a bracket expression; \s means another thing under every locale. #}
{% macro white_space() -%}
    \t\n\u000B\f\r \u0085\u00A0\u1680\u2000-\u200D\u2028\u2029\u202F\u205F\u2060\u3000\uFEFF
{%- endmacro %}

{# The digits of a text. #}
{% macro digits(value) -%}
    regexp_replace({{ value }}, '[^0-9]', '', 'g')
{%- endmacro %}
