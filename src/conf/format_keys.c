/* The keys of the map `format`, in the order they are written in. */
#include "conf_priv.h"

static const char *const kinds[] = {"jsonl", "csv", NULL};
static const char *const headers[] = {"auto", "true", "false", NULL};

#define AT(member) .offset = offsetof(struct pt_format, member)

const struct pt_key pt_format_keys[] = {
    {.info = {"format.extends", "text", "", "",
              "Start from a built-in format (portrait, segment, rees46, taobao); the other keys change it. In `fields` "
              "and `events` a name given as ~ is taken out."}},
    {.info = {"format.kind", "jsonl or csv", "", "jsonl", "How a line is written: a JSON object, or separated values."},
     .read = pt_read_choice,
     .write = pt_write_choice,
     AT(kind),
     .choices = kinds},
    {.info = {"format.root", "path", "", "",
              "JSON only: the object inside the line that holds the event, such as payload. Without `fields` and "
              "`extends` that object is read as segment."},
     .read = pt_read_text,
     .write = pt_write_text,
     AT(root),
     .high = sizeof((struct pt_format *)0)->root},
    {.info = {"format.header", "auto, true or false", "", "auto",
              "CSV only: whether the first line names the columns. auto looks at it. With false, fields are column "
              "numbers from 0."},
     .read = pt_read_choice,
     .write = pt_write_choice,
     AT(header),
     .choices = headers},
    {.info = {"format.delimiter", "character", "", ",",
              "CSV only: what stands between two values. blank = runs of blanks and tabs; \\t or tab = one tab."},
     .read = pt_read_delimiter,
     .write = pt_write_delimiter,
     AT(delimiter)},
    {.info = {"format.multiline", "true or false", "", "false",
              "CSV only: quoted values may hold line breaks. Such a file is read by one rank."},
     .read = pt_read_bool,
     .write = pt_write_bool,
     AT(multiline)},
    {.info = {"format.fields", "map of names", "", "the catalogue's names",
              "Where each field stands: JSON path, CSV column name or number; a list holds alternatives, the first "
              "that has a value is taken. Other names serve the expressions."},
     .read = pt_read_fields,
     .write = pt_write_fields,
     .offset = 0},
    {.info = {"format.time", "text", "", "iso8601",
              "How times are written: iso8601, unix_s, unix_ms, or a pattern such as %Y%m%d."},
     .read = pt_read_time,
     .write = pt_write_time,
     AT(time)},
    {.info = {"format.events", "map of event names", "", "{}",
              "Which name in the log is which event: {pv: view, buy: purchase}. Others are kept as they are."},
     .read = pt_read_events,
     .write = pt_write_events,
     .offset = 0},
    {.info = {"format.where", "expression", "", "",
              "Only lines for which this is true are read; the others are counted as filtered."},
     .read = pt_read_long_text,
     .write = pt_write_long_text,
     AT(where)},
    {.info = {"format.amount", "expression", "", "",
              "The amount of each line, such as quantity * price; goes before the field amount."},
     .read = pt_read_long_text,
     .write = pt_write_long_text,
     AT(amount)},
    {.info = {"format.event", "event name or expression", "", "",
              "The event of each line, before the field event: one name, or an expression such as "
              "if(starts_with(invoice, 'C'), 'refund', 'purchase')."},
     .read = pt_read_long_text,
     .write = pt_write_long_text,
     AT(event)},
};
const uint32_t pt_format_keys_n = sizeof pt_format_keys / sizeof *pt_format_keys;
_Static_assert(sizeof pt_format_keys / sizeof *pt_format_keys <= PT_MAX_FORMAT_KEYS, "the table is full");
