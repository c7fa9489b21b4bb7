#include <portrait/event.h>

const struct pt_field_info pt_field_info[PT_F_COUNT] = {
#define PT_X(id, name, kind) {name, kind},
    PT_FIELDS(PT_X)
#undef PT_X
};

const char *const pt_type_name[PT_T_COUNT] = {
#define PT_X(id, name) name,
    PT_TYPES(PT_X)
#undef PT_X
        "other",
    "record"};

enum pt_field pt_field_of(struct pt_slice name) {
  for (int f = 0; f < PT_F_COUNT; f++)
    if (pt_slice_eq(pt_slice_of(pt_field_info[f].name), name)) return (enum pt_field)f;
  return PT_F_COUNT;
}

enum pt_type pt_type_of(struct pt_slice name) {
  for (int t = 0; t < PT_T_OTHER; t++)
    if (pt_slice_eq(pt_slice_of(pt_type_name[t]), name)) return (enum pt_type)t;
  return PT_T_OTHER;
}
