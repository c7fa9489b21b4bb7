/* The few shapes of HDF5 that the layout needs, so that the other files say what they write and not how. Texts of
 * attributes are of variable length because anndata gives fixed-length ones back as bytes; texts of datasets are of
 * fixed length because parallel HDF5 writes no others. */
#include "h5.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct innermost {
  char text[300];
};

static herr_t note_innermost(unsigned n, const H5E_error2_t *e, void *into) {
  struct innermost *m = into;
  if (n == 0) snprintf(m->text, sizeof m->text, "%s: %s", e->func_name, e->desc);
  return 0;
}

#undef pt_h5_fail /* the static analyzer's */
int pt_h5_fail(struct pt_err *err, const char *what, const char *name) {
  struct innermost m = {"no further message"};
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, note_innermost, &m);
  return pt_fail(err, "output", PT_IO, 0, "%s: cannot %s: HDF5: %s", name, what, m.text);
}

void pt_h5_quiet(void) {
  H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
}

hid_t pt_h5_text_type(size_t width) {
  hid_t t = H5Tcopy(H5T_C_S1);
  if (t < 0) return t;
  if (H5Tset_size(t, width) < 0 || H5Tset_cset(t, H5T_CSET_UTF8) < 0 || H5Tset_strpad(t, H5T_STR_NULLPAD) < 0) {
    H5Tclose(t);
    return H5I_INVALID_HID;
  }
  return t;
}

hid_t pt_h5_vlen_type(void) {
  hid_t t = H5Tcopy(H5T_C_S1);
  if (t < 0) return t;
  if (H5Tset_size(t, H5T_VARIABLE) < 0 || H5Tset_cset(t, H5T_CSET_UTF8) < 0) {
    H5Tclose(t);
    return H5I_INVALID_HID;
  }
  return t;
}

hid_t pt_h5_bool_type(void) {
  int8_t no = 0, yes = 1;
  hid_t t = H5Tenum_create(H5T_NATIVE_INT8);
  if (t < 0) return t;
  if (H5Tenum_insert(t, "FALSE", &no) < 0 || H5Tenum_insert(t, "TRUE", &yes) < 0) {
    H5Tclose(t);
    return H5I_INVALID_HID;
  }
  return t;
}

hid_t pt_h5_type(enum pt_ctype type) {
  switch (type) {
    case PT_C_U8:
      return H5Tcopy(H5T_NATIVE_UINT8);
    case PT_C_U16:
      return H5Tcopy(H5T_NATIVE_UINT16);
    case PT_C_U32:
      return H5Tcopy(H5T_NATIVE_UINT32);
    case PT_C_I32:
      return H5Tcopy(H5T_NATIVE_INT32);
    case PT_C_I64:
      return H5Tcopy(H5T_NATIVE_INT64);
    case PT_C_F32:
      return H5Tcopy(H5T_NATIVE_FLOAT);
    case PT_C_F64:
      return H5Tcopy(H5T_NATIVE_DOUBLE);
    case PT_C_BOOL:
      return pt_h5_bool_type();
    case PT_C_LABEL:
    case PT_C_BYTES:
      break;
  }
  return H5I_INVALID_HID;
}

hid_t pt_h5_open(const char *path, unsigned flags, struct pt_err *err) {
  hid_t fapl = H5Pcreate(H5P_FILE_ACCESS);
  H5Pset_libver_bounds(fapl, H5F_LIBVER_V18, H5F_LIBVER_V110);
  hid_t f = H5Fopen(path, flags, fapl);
  if (f < 0) { /* NFS and Lustre without flock: HDF5 reads this variable at each open */
    const char *had = getenv("HDF5_USE_FILE_LOCKING");
    if (!had && setenv("HDF5_USE_FILE_LOCKING", "FALSE", 0) == 0) {
      f = H5Fopen(path, flags, fapl);
      unsetenv("HDF5_USE_FILE_LOCKING");
    }
  }
  if (f < 0) pt_h5_fail(err, "open", path);
  H5Pclose(fapl);
  return f;
}

int pt_h5_read_attr(hid_t object, const char *name, char **out, struct pt_err *err) {
  *out = NULL;
  htri_t there = H5Aexists(object, name);
  if (there == 0) return 0;
  hid_t a = there < 0 ? H5I_INVALID_HID : H5Aopen(object, name, H5P_DEFAULT);
  if (a < 0) return pt_h5_fail(err, "open attribute", name);
  char *text = NULL;
  hid_t t = pt_h5_vlen_type(), file_type = H5Aget_type(a);
  int code = 0;
  if (H5Tis_variable_str(file_type) <= 0 || H5Aget_storage_size(a) == 0 || H5Aread(a, t, &text) < 0)
    code = pt_h5_fail(err, "read attribute", name);
  if (!code) {
    *out = strdup(text ? text : "");
    if (!*out) code = pt_fail(err, "output", PT_MEMORY, 0, "no memory for an attribute");
  }
  H5free_memory(text);
  H5Tclose(file_type);
  H5Tclose(t);
  H5Aclose(a);
  return code;
}

static int copy_texts(char **from, uint64_t n, char ***out, struct pt_err *err) {
  *out = calloc(n ? n : 1, sizeof **out);
  if (!*out) return pt_fail(err, "output", PT_MEMORY, 0, "no memory for an attribute");
  for (uint64_t i = 0; i < n; i++) {
    (*out)[i] = strdup(from[i] ? from[i] : "");
    if (!(*out)[i]) {
      pt_h5_free_texts(*out, i);
      *out = NULL;
      return pt_fail(err, "output", PT_MEMORY, 0, "no memory for an attribute");
    }
  }
  return 0;
}

int pt_h5_read_attr_list(hid_t object, const char *name, char ***out, uint64_t *n, struct pt_err *err) {
  *out = NULL;
  *n = 0;
  hid_t a = H5Aopen(object, name, H5P_DEFAULT);
  if (a < 0) return pt_h5_fail(err, "open attribute", name);
  hid_t t = pt_h5_vlen_type(), space = H5Aget_space(a);
  hssize_t points = H5Sget_simple_extent_npoints(space);
  char **raw = points > 0 ? calloc((size_t)points, sizeof *raw) : NULL;
  int code = 0;
  if (points < 0 || (points > 0 && (!raw || H5Aread(a, t, raw) < 0))) code = pt_h5_fail(err, "read attribute", name);
  if (!code) code = copy_texts(raw, points > 0 ? (uint64_t)points : 0, out, err);
  if (!code) *n = points > 0 ? (uint64_t)points : 0;
  if (raw && points > 0) H5Dvlen_reclaim(t, space, H5P_DEFAULT, raw);
  free(raw);
  H5Sclose(space);
  H5Tclose(t);
  H5Aclose(a);
  return code;
}

void pt_h5_free_texts(char **texts, uint64_t n) {
  for (uint64_t i = 0; texts && i < n; i++) free(texts[i]);
  free(texts);
}
