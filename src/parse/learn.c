/* What earlier lines teach (parse_priv.h): states and edges for the followers in lanes_body.h.
 *
 * A state is named by the keys of the containers that are open at a scalar, as they stand in the line, so the bytes of
 * an edge out of it lead from valid JSON to valid JSON whatever the scalars are. All memory is taken at the start
 * (states, edges and 256 KiB of text); a full graph is begun anew. Lines that never come again would cost more than
 * they give: learning draws on a credit that hits earn. */
#include <stdlib.h>

#include "parse_priv.h"

#define STATES     512
#define EDGES      2048
#define TEXT       ((size_t)256 << 10)
#define PATH       1024 /* bytes of a state's name */
#define GAP        512  /* bytes of an edge */
#define CROWD      64   /* edges of one state */
#define CREDIT     4096
#define LEARN_COST 16

struct pt_graph {
  struct pt_state state[STATES]; /* state[0]: the line's start */
  struct pt_edge edge[EDGES];
  char text[TEXT];
  uint32_t n_states, n_edges, n_text;
  uint32_t credit;
  bool full;                 /* to be begun anew */
  uint32_t hash[2 * STATES]; /* of names: state, 0 = free */
};

void pt_graph_reset(struct pt_graph *g) {
  g->n_states = 1;
  g->state[0] = (struct pt_state){0};
  g->n_edges = g->n_text = 0;
  g->full = false;
  memset(g->hash, 0, sizeof g->hash);
}

int pt_graph_open(struct pt_graph **out) {
  *out = calloc(1, sizeof **out);
  if (!*out) return -1;
  pt_graph_reset(*out);
  (*out)->credit = CREDIT;
  return 0;
}

void pt_graph_close(struct pt_graph *g) {
  free(g);
}

struct pt_state *pt_graph_start(struct pt_graph *g) {
  return &g->state[0];
}

void pt_graph_hit(struct pt_graph *g) {
  if (g->credit < CREDIT) g->credit++;
}

/* A walk over a line that is known to be valid. */
struct walk {
  struct pt_json *j;
  struct pt_graph *g;
  const char *p;
  const char *gap; /* behind the last scalar */
  struct pt_state *from;
  uint64_t set[2], clear[2]; /* of the keys since */
  char path[PATH];
  uint32_t n_path;
};

static const char *keep_text(struct pt_graph *g, const char *p, uint32_t n) {
  if (TEXT - g->n_text < n) return NULL;
  char *to = g->text + g->n_text;
  memcpy(to, p, n);
  g->n_text += n;
  return to;
}

static struct pt_state *state_of(struct walk *w) {
  struct pt_graph *g = w->g;
  uint32_t h = 2166136261u;
  for (uint32_t i = 0; i < w->n_path; i++) h = (h ^ (unsigned char)w->path[i]) * 16777619u;
  for (;; h++) {
    uint32_t i = g->hash[h % (2 * STATES)];
    if (i == 0) break;
    struct pt_state *s = &g->state[i];
    if (s->n_path == w->n_path && memcmp(g->text + s->path, w->path, w->n_path) == 0) return s;
  }
  const char *text = g->n_states < STATES ? keep_text(g, w->path, w->n_path) : NULL;
  if (!text) return NULL;
  struct pt_state *s = &g->state[g->n_states];
  *s = (struct pt_state){.path = (uint32_t)(text - g->text), .n_path = w->n_path};
  g->hash[h % (2 * STATES)] = g->n_states++;
  return s;
}

/* The edge over the gap that ends at w->p; `target` NULL: the line's end. */
static bool add_edge(struct walk *w, struct pt_state *target, struct pt_value *to) {
  struct pt_graph *g = w->g;
  if (w->p - w->gap > GAP) return false;
  uint32_t n = (uint32_t)(w->p - w->gap);
  uint32_t crowd = 0;
  for (struct pt_edge *e = w->from->edges; e; e = e->next, crowd++)
    if (e->n == n && memcmp(e->text, w->gap, n) == 0) return true;
  if (crowd >= CROWD) g->full = true;
  const char *text = g->n_edges < EDGES && !g->full ? keep_text(g, w->gap, n) : NULL;
  if (!text) return false;
  struct pt_edge *e = &g->edge[g->n_edges++];
  *e = (struct pt_edge){.n = n, .text = text, .target = target, .to = to, .next = w->from->edges};
  uint32_t head = n < sizeof e->head ? n : (uint32_t)sizeof e->head;
  memcpy(e->head, text, head);
  e->head_set = head < 32 ? (UINT32_C(1) << head) - 1 : UINT32_MAX;
  memcpy(e->set, w->set, sizeof e->set);
  memcpy(e->clear, w->clear, sizeof e->clear);
  w->from->edges = e;
  return true;
}

static void skip_blanks(struct walk *w) {
  while (*w->p == ' ' || *w->p == '\t' || *w->p == '\r') w->p++;
}

static const char *behind_string(const char *p) {
  for (p++; *p != '"'; p++)
    if (*p == '\\') p++;
  return p + 1;
}

static bool scalar(struct walk *w, uint32_t key) {
  struct pt_value *to = &w->j->trash;
  const struct pt_key *k = key == PT_NONE ? NULL : &w->j->paths.key[key];
  if (k && k->slot != PT_NO_SLOT && !k->object_only) {
    to = w->j->to[k->slot];
    w->set[k->slot >> 6] |= UINT64_C(1) << (k->slot & 63);
  }
  struct pt_state *s = state_of(w);
  if (!s || !add_edge(w, s, to)) return false;
  if (*w->p == '"')
    w->p = behind_string(w->p);
  else
    while (*w->p != ',' && *w->p != '}' && *w->p != ']' && *w->p != ' ' && *w->p != '\t' && *w->p != '\r') w->p++;
  w->gap = w->p;
  w->from = s;
  memset(w->set, 0, sizeof w->set);
  memset(w->clear, 0, sizeof w->clear);
  return true;
}

static bool container(struct walk *w, uint32_t key);

static bool value(struct walk *w, uint32_t key) {
  skip_blanks(w);
  return *w->p == '{' || *w->p == '[' ? container(w, key) : scalar(w, key);
}

static bool append_path(struct walk *w, const char *p, size_t n) {
  if (PATH - w->n_path < n) return false;
  memcpy(w->path + w->n_path, p, n);
  w->n_path += (uint32_t)n;
  return true;
}

static bool member(struct walk *w, uint32_t parent) {
  const char *name = w->p;
  w->p = behind_string(name);
  if (!append_path(w, name, (size_t)(w->p - name))) return false;
  uint32_t key = PT_NONE;
  if (parent != PT_NONE) {
    if (memchr(name, '\\', (size_t)(w->p - name))) return false;
    key = pt_paths_child(&w->j->paths, parent, name + 1, (size_t)(w->p - name) - 2);
  }
  for (int i = 0; key != PT_NONE && i < 2; i++) {
    uint64_t mask = w->j->paths.key[key].mask[i];
    if (w->set[i] & mask) return false; /* an edge cannot say that it takes back what it has set */
    w->clear[i] |= mask;
  }
  skip_blanks(w);
  w->p++; /* the colon */
  return value(w, key);
}

/* Rows and containers that a slot keeps are left to the full scanner. */
static bool opens(struct walk *w, uint32_t key) {
  if (key == PT_NONE) return true;
  const struct pt_key *k = &w->j->paths.key[key];
  if (k->rows) return false;
  if (k->slot == PT_NO_SLOT) return true;
  if (!k->object_only) return false;
  if (*w->p == '{') w->set[k->slot >> 6] |= UINT64_C(1) << (k->slot & 63);
  return true;
}

static bool container(struct walk *w, uint32_t key) {
  uint32_t mark = w->n_path;
  char open = *w->p;
  if (!opens(w, key) || !append_path(w, &open, 1)) return false;
  if (open == '[') key = PT_NONE;
  for (;;) {
    w->p++;
    skip_blanks(w);
    if (*w->p == '}' || *w->p == ']') break;
    uint32_t inner = w->n_path;
    if (!(open == '{' ? member(w, key) : value(w, PT_NONE))) return false;
    w->n_path = inner;
    skip_blanks(w);
    if (*w->p != ',') break;
  }
  w->p++;
  w->n_path = mark;
  return true;
}

static void walk_line(struct pt_json *j, const char *p, const char *end) {
  struct walk w = {.j = j, .g = j->graph, .p = p, .gap = p, .from = &j->graph->state[0]};
  if (!value(&w, 0) || end[-1] == '\r') return; /* a CR there would be taken for the line end's */
  w.p = end;
  add_edge(&w, NULL, NULL);
}

void pt_graph_learn(struct pt_json *j, const char *p, const char *end) {
  struct pt_graph *g = j->graph;
  if (g->credit < LEARN_COST) {
    g->credit++; /* a later line gets its chance */
    return;
  }
  g->credit -= LEARN_COST;
  walk_line(j, p, end);
  if (g->full || g->n_states == STATES || g->n_edges == EDGES || TEXT - g->n_text < PATH + GAP) pt_graph_reset(g);
}
