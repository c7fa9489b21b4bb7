/* The copies of vocabularies that rows hold. Local. */
#ifndef PT_DATA_VOCABULARY_H
#define PT_DATA_VOCABULARY_H
#include <portrait/rows.h>

int pt_vocabulary_copy(struct pt_vocabulary *to, const struct pt_vocabulary *from, struct pt_mem *mem,
                       struct pt_err *err) PT_MUST_CHECK;
void pt_vocabulary_free(struct pt_vocabulary *v, struct pt_mem *mem);

#endif
