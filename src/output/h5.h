/* Thin helpers over the HDF5 C library, for the serial and the parallel side. Local. */
#ifndef PT_OUTPUT_H5_H
#define PT_OUTPUT_H5_H
#include <hdf5.h>
#include <portrait/err.h>
#include <portrait/schema.h>

/* 74 with HDF5's own innermost message. `what` says what was tried ("create", "write"), `name` at which object. */
int pt_h5_fail(struct pt_err *err, const char *what, const char *name);
#ifdef __clang_analyzer__ /* never 0, as in err.h */
#define pt_h5_fail(err, ...) ((void)pt_h5_fail(err, __VA_ARGS__), (err)->code = PT_IO)
#endif
/* HDF5 prints nothing by itself from here on. */
void pt_h5_quiet(void);

/* Types; the caller closes them. A fixed-length UTF-8 text padded with NUL; h5py's bool; a variable-length text. */
hid_t pt_h5_text_type(size_t width);
hid_t pt_h5_bool_type(void);
hid_t pt_h5_vlen_type(void);
/* On disk and in memory of a column's values (PT_C_LABEL and PT_C_BYTES have none). */
hid_t pt_h5_type(enum pt_ctype type);

/* Opens a finished file for reading with the serial driver; once more without locks where the file system has none. */
hid_t pt_h5_open(const char *path, unsigned flags, struct pt_err *err);

/* Reads a text attribute into *out (free() it); *out = NULL where it is absent. */
int pt_h5_read_attr(hid_t object, const char *name, char **out, struct pt_err *err) PT_MUST_CHECK;
/* Reads a list of texts; *out and its texts are one free() each through pt_h5_free_texts. */
int pt_h5_read_attr_list(hid_t object, const char *name, char ***out, uint64_t *n, struct pt_err *err) PT_MUST_CHECK;
void pt_h5_free_texts(char **texts, uint64_t n);

#endif
