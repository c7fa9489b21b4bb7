#include <portrait/reason.h>

const struct pt_reason_info pt_reason_info[PT_R_COUNT] = {
#define PT_X(id, name, text) {name, text},
    PT_REASONS(PT_X)
#undef PT_X
};
