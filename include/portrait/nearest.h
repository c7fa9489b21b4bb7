/* The known name that a mistyped one was probably meant to be. Local. */
#ifndef PORTRAIT_NEAREST_H
#define PORTRAIT_NEAREST_H
#include <portrait/buf.h>

/* `known(ctx, i)` lists the names, NULL at the end. NULL where none is near: at most one slip in three letters; case
 * is no slip. Of equally near names the first. */
const char *pt_nearest(struct pt_slice name, const char *(*known)(void *ctx, uint32_t i), void *ctx);

#endif
