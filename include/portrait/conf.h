/* The job file: one key table, YAML by libyaml's events, resolved once and the same on every rank. Local.
 *
 * Unknown keys, aliases, tags, duplicate keys, more than 1 MiB or depth 16 are refused with line and column. */
#ifndef PORTRAIT_CONF_H
#define PORTRAIT_CONF_H
#include <portrait/event.h>
#include <portrait/format.h>
#include <portrait/hash.h>

struct pt_names {
  char **v;
  uint32_t n;
};

enum pt_dups { PT_DUP_EVENT_ID, PT_DUP_EXACT, PT_DUP_KEEP };
enum pt_identity { PT_ID_USER, PT_ID_COALESCE };
enum pt_compress { PT_FAST, PT_GZIP_LEVEL, PT_NONE };

#define PT_DAYS_ALL UINT32_MAX /* a window without a beginning */

/* Where high begins: beyond the mean or the median of those who have a value, or beyond a number. */
enum pt_threshold_kind { PT_AT_MEAN, PT_AT_MEDIAN, PT_AT_NUMBER };
struct pt_threshold {
  enum pt_threshold_kind kind;
  int64_t number; /* in 1/10,000 */
};

enum pt_clv_choice { PT_CLV_MBGNBD, PT_CLV_BGNBD, PT_CLV_NONE };

/* A rule of the job file, as written; compiled in the plan. Texts may be NULL where they are not given. */
struct pt_rule {
  char *text;  /* an expression */
  char *place; /* "job.yaml:12:7", for messages */
};
struct pt_segment_rule {
  char *name;
  struct pt_rule when;
  char *description;
};
struct pt_segment_rules {
  struct pt_segment_rule *v;
  uint32_t n;
};
enum pt_tag_level { PT_TAG_NONE, PT_TAG_FACT, PT_TAG_MODEL, PT_TAG_PREDICTION };
struct pt_case {
  struct pt_rule when;
  char *label;
};
/* A tag: the label of the first case whose condition holds, else `otherwise` (NULL: unknown). */
struct pt_tag_rule {
  char *name;
  char *place; /* of the name */
  struct pt_case *cases;
  uint32_t n_cases;
  char *otherwise;
  struct pt_rule index, evidence;
  char *description, *family;
  struct pt_names labels; /* their order; n = 0: as they appear */
  enum pt_tag_level level;
  bool ordered;
};
struct pt_tag_rules {
  struct pt_tag_rule *v;
  uint32_t n;
};

/* What a metric of the job file does with the events it takes, in the order of the key's choices. */
enum pt_metric_op {
  PT_M_COUNT,
  PT_M_SUM,
  PT_M_MEAN,
  PT_M_MIN,
  PT_M_MAX,
  PT_M_FIRST,
  PT_M_LAST,
  PT_M_DISTINCT,
  PT_M_DAYS,
  PT_M_TOP,
  PT_M_OPS
};
extern const char *const pt_metric_op_name[PT_M_OPS + 1]; /* NULL at the end */

#define PT_METRIC_ALL UINT32_MAX /* the window `all` */

/* A column over a user's events: metrics.NAME. Its expressions are compiled where the families open. */
struct pt_metric {
  char name[65], place[160];
  enum pt_metric_op op;
  struct pt_rule of, where;
  struct pt_names events; /* none: all */
  struct pt_metric_windows {
    uint32_t v[17]; /* days, ascending; PT_METRIC_ALL last */
    uint32_t n;
    bool listed; /* given as a list: one column each, NAME_90d */
  } window;
  char unit[48];
  char *description; /* NULL: made of the other keys */
};
struct pt_metrics {
  struct pt_metric *v;
  uint32_t n;
};

/* Every key of the job file that this version has; nothing here is without effect. */
struct pt_conf {
  char as_of[40];       /* "" = the catalogue's default T */
  char timezone[64];    /* UTC */
  uint32_t windows[16]; /* 7 30 90 365; `all` is always there. Ascending */
  uint32_t n_windows;
  struct pt_names columns;        /* globs */
  struct pt_names counted_events; /* view search click favorite follow cart_add purchase review return share login */
  int64_t session_gap_ms;         /* 30 min */
  struct pt_names not_visit;      /* event names */
  struct pt_names visit_events;   /* unknown names that are visits */
  int64_t cart_abandon_ms;        /* 72 h */
  struct pt_names essential_categories;
  struct pt_names funnel_steps; /* view cart_add order purchase */
  char currency[16];            /* money.currency; "" = whatever the events say, one of them */
  struct pt_rate {
    char code[16];
    int64_t rate_e9;
  } * rates; /* money.rates: 1 unit of code = rate of money.currency */
  uint32_t n_rates;
  enum pt_dups duplicates;          /* clean.duplicates */
  double max_rejects;               /* clean.max_rejects .5 */
  int64_t time_from, time_to;       /* clean.time_range: [1971-01-01, 2100-01-01) ms */
  bool integer_ids;                 /* clean.integer_ids */
  enum pt_identity identity;        /* coalesce */
  struct pt_format *format;         /* NULL: found per file. `format: rees46` names a built-in one */
  uint64_t max_line;                /* read.max_line */
  uint32_t max_labels;              /* tags.max_labels 1000 */
  struct pt_names tag_files;        /* tags.files: further files of rules, until pt_conf_rules has taken them */
  struct pt_tag_rules tags;         /* tags.NAME, in the order of the file */
  uint32_t segment_labels;          /* segments.max_labels 50 */
  struct pt_names segment_tables;   /* segments.tables; none: all */
  uint32_t privacy_k;               /* privacy.k 0 */
  uint32_t max_vocabulary;          /* preference.max_vocabulary 65536 */
  uint32_t shrink;                  /* preference.shrink 5 */
  int64_t half_life_ms[PT_T_OTHER]; /* half_life, by type of event; 0 = none */
  int64_t weight[PT_T_OTHER];       /* preference.weights, by type of event */
  struct pt_garments {
    struct pt_garment {
      char name[50]; /* of the columns size_NAME */
      struct pt_names categories;
    } * v;
    uint32_t n;
  } garments;                       /* size.categories */
  enum pt_clv_choice clv_model;     /* clv.model; none: no forecasts */
  int64_t clv_unit_ms;              /* clv.time_unit 7 d */
  int64_t clv_burn_in_ms;           /* clv.burn_in 90 d */
  double clv_discount;              /* clv.discount .01 a month */
  double clv_margin;                /* clv.margin 1 */
  uint32_t rfm_window;              /* rfm.window 365 days, or PT_DAYS_ALL */
  struct pt_threshold rfm_high[3];  /* rfm.octant_recency, _frequency, _monetary: mean */
  double tier_a, tier_b;            /* value.tier_a .8, value.tier_b .95 */
  uint32_t loyal_days;              /* loyalty.min_days 5 */
  double loyal_quantile;            /* loyalty.quantile .8 */
  double core_quantile;             /* core.quantile .9 */
  struct pt_names vip_levels;       /* vip.levels */
  struct pt_names allow_sensitive;  /* names of sensitive columns to compute; default none */
  struct pt_segment_rules segments; /* segments.NAME, in the order of the file */
  struct pt_metrics metrics;        /* metrics.NAME, in the order of the file */
  struct pt_names child_categories; /* purchases in them tell of children */
  struct pt_names users_files;      /* users.files: tables of user records */
  struct pt_names users_keep;       /* users.keep: further fields of records that become columns */
  struct pt_names inputs;           /* inputs: where the command line names none */
};

/* Columns that allow_sensitive may name. */
extern const char *const pt_sensitive_names[];
extern const uint32_t pt_n_sensitive_names;

/* Defaults only. This and pt_conf_parse overwrite *c (an old one is the caller's to free); after a failure it is
 * empty. */
int pt_conf_default(struct pt_conf *c, struct pt_err *err) PT_MUST_CHECK;
/* Defaults, then the YAML text. `name` for messages. 78 with line and column. */
int pt_conf_parse(struct pt_conf *c, const char *name, struct pt_slice yaml, struct pt_err *err) PT_MUST_CHECK;
/* The tags and segments of a further file, which holds nothing else: those whose names c has already stay as they are.
 * 78 with line and column; c is the caller's to free. */
int pt_conf_rules(struct pt_conf *c, const char *name, struct pt_slice yaml, struct pt_err *err) PT_MUST_CHECK;
/* The standard tags: jobs/standard.yaml, as it was when the program was built. */
int pt_conf_standard(struct pt_tag_rules *out, struct pt_err *err) PT_MUST_CHECK;
void pt_tag_rules_free(struct pt_tag_rules *t);
/* One tag as YAML, as it stands under `tags`. */
int pt_tag_rule_text(const struct pt_tag_rule *rule, struct pt_buf *out, struct pt_err *err) PT_MUST_CHECK;
/* The resolved configuration as YAML that pt_conf_parse reads to the same values; for /uns/run and the log. */
int pt_conf_text(const struct pt_conf *c, struct pt_buf *out, struct pt_err *err) PT_MUST_CHECK;
void pt_conf_free(struct pt_conf *c);

/* The key table, for `portrait explain` and the docs. NULL at the end. */
struct pt_key_info {
  const char *name; /* "clean.max_rejects" */
  const char *type, *unit, *fallback, *help;
};
const struct pt_key_info *pt_conf_key(uint32_t i);

#endif
