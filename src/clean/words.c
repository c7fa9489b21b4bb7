/* What people and forms write where a gender, a yes or an occupation is asked. Tables: what is looked for is in lower
 * case (ASCII; other scripts have none or are listed as they come). */
#include "clean_priv.h"

struct word {
  const char *from, *to;
};

static char lower(char c) {
  return c >= 'A' && c <= 'Z' ? (char)(c | 32) : c;
}

static bool same_word(const char *word, struct pt_slice text) {
  for (size_t i = 0; i < text.n; i++)
    if (word[i] == 0 || lower(text.p[i]) != word[i]) return false;
  return word[text.n] == 0;
}

static const char *look_up(const struct word *table, struct pt_slice text) {
  for (; table->from; table++)
    if (same_word(table->from, text)) return table->to;
  return NULL;
}

static bool listed(const char *const *words, struct pt_slice text) {
  for (; *words; words++)
    if (same_word(*words, text)) return true;
  return false;
}

bool pt_clean_unknown(struct pt_slice text) {
  static const char *const words[] = {"unknown",   "n/a",  "na",   "null",        "none",          "-",
                                      "?",         "nil",  "未知", "保密",        "unspecified",   "not specified",
                                      "undefined", "不详", "无",   "undisclosed", "not_specified", "prefer not to say",
                                      NULL};
  return text.n == 0 || listed(words, text);
}

/* 1 and 2 are those of ISO/IEC 5218 and GB/T 2261.1; 0 and 9 say nothing there. */
int pt_clean_gender(struct pt_slice text) {
  static const char *const male[] = {"male",      "m",       "man",  "boy",     "mr",    "1",         "男",
                                     "男性",      "先生",    "男士", "mann",    "homme", "männlich",  "maennlich",
                                     "masculin",  "hombre",  "uomo", "maschio", "homem", "masculino", "maschile",
                                     "mannelijk", "мужской", "муж",  "м",       "男生",  "男の子",    "남성",
                                     "남자",      "남",      NULL};
  static const char *const female[] = {"female",    "f",       "w",     "woman",      "girl",    "mrs",      "ms",
                                       "2",         "女",      "女性",  "女士",       "frau",    "femme",    "weiblich",
                                       "féminin",   "feminin", "mujer", "donna",      "mulher",  "femenino", "feminino",
                                       "femminile", "femmina", "vrouw", "vrouwelijk", "женский", "жен",      "ж",
                                       "女生",      "女の子",  "여성",  "여자",       "여",      NULL};
  static const char *const other[] = {"other",  "x",         "d",          "o",          "diverse",
                                      "divers", "nonbinary", "non-binary", "non_binary", "non binary",
                                      "其他",   "その他",    NULL};
  if (pt_clean_unknown(text) || pt_slice_eq(text, PT_SLICE("0")) || pt_slice_eq(text, PT_SLICE("9")))
    return PT_SAYS_NOTHING;
  if (listed(male, text)) return PT_MALE;
  if (listed(female, text)) return PT_FEMALE;
  return listed(other, text) ? PT_OTHER_GENDER : PT_SAYS_RUBBISH;
}

int pt_clean_flag(struct pt_slice text) {
  static const char *const yes[] = {"true", "1", "yes", "y", "t", "on", "是", "ja", "oui", "si", "sí", "有", NULL};
  static const char *const no[] = {"false", "0", "no", "n", "f", "off", "否", "nein", "non", "没有", "无", NULL};
  if (listed(no, text)) return 0;
  if (listed(yes, text)) return 1;
  return pt_clean_unknown(text) ? PT_SAYS_NOTHING : PT_SAYS_RUBBISH;
}

static const struct word occupations[] = {
    {"white collar", "white_collar"},
    {"white-collar", "white_collar"},
    {"office worker", "white_collar"},
    {"clerk", "white_collar"},
    {"白领", "white_collar"},
    {"teacher", "teacher"},
    {"教师", "teacher"},
    {"老师", "teacher"},
    {"new parent", "new_parent"},
    {"new-parent", "new_parent"},
    {"new mother", "new_parent"},
    {"宝妈", "new_parent"},
    {"新手父母", "new_parent"},
    {"information technology", "it"},
    {"programmer", "it"},
    {"software engineer", "it"},
    {"程序员", "it"},
    {"bank", "bank"},
    {"banker", "bank"},
    {"banking", "bank"},
    {"银行", "bank"},
    {"government", "government"},
    {"civil servant", "government"},
    {"civil_servant", "government"},
    {"公务员", "government"},
    {"finance", "finance"},
    {"金融", "finance"},
    {"insurance", "insurance"},
    {"保险", "insurance"},
    {"direct sales", "direct_sales"},
    {"direct-sales", "direct_sales"},
    {"直销", "direct_sales"},
    {"wechat seller", "wechat_seller"},
    {"wechat-seller", "wechat_seller"},
    {"微商", "wechat_seller"},
    {"freelancer", "freelancer"},
    {"freelance", "freelancer"},
    {"自由职业", "freelancer"},
    {"自由职业者", "freelancer"},
    {"wealthy woman", "wealthy_woman"},
    {"wealthy-woman", "wealthy_woman"},
    {"富太太", "wealthy_woman"},
    {"student", "student"},
    {"学生", "student"},
    {NULL, NULL},
};
static const struct word marital[] = {
    {"未婚", "single"},  {"unmarried", "single"}, {"never married", "single"}, {"never_married", "single"},
    {"单身", "single"},  {"已婚", "married"},     {"离异", "divorced"},        {"离婚", "divorced"},
    {"丧偶", "widowed"}, {"widow", "widowed"},    {"widower", "widowed"},      {NULL, NULL},
};
static const struct word shapes[] = {
    {"梨形", "pear"},
    {"苹果形", "apple"},
    {"苹果型", "apple"},
    {"梨型", "pear"},
    {"沙漏形", "hourglass"},
    {"沙漏型", "hourglass"},
    {"倒三角", "inverted_triangle"},
    {"矩形", "rectangle"},
    {"h型", "rectangle"},
    {NULL, NULL},
};
static const struct word skins[] = {
    {"干性", "dry"},         {"油性", "oily"},         {"混合性", "combination"},
    {"混合", "combination"}, {"mixed", "combination"}, {"中性", "normal"},
    {"敏感性", "sensitive"}, {"敏感", "sensitive"},    {NULL, NULL},
};

/* Lower case, '_' for runs of blanks and '-'. */
static struct pt_slice as_word(struct pt_slice text, char room[PT_MAX_RTEXT + 1]) {
  size_t n = 0;
  for (size_t i = 0; i < text.n && n < PT_MAX_RTEXT; i++) {
    char c = text.p[i] == ' ' || text.p[i] == '-' || text.p[i] == '\t' ? '_' : lower(text.p[i]);
    if (c == '_' && n && room[n - 1] == '_') continue;
    room[n++] = c;
  }
  return (struct pt_slice){room, n};
}

struct pt_slice pt_clean_word(enum pt_rfield f, struct pt_slice text, char room[PT_MAX_RTEXT + 1]) {
  const struct word *table = f == PT_RF_OCCUPATION       ? occupations
                             : f == PT_RF_MARITAL_STATUS ? marital
                             : f == PT_RF_BODY_SHAPE     ? shapes
                                                         : skins;
  const char *to = look_up(table, text);
  if (to) return pt_slice_of(to);
  return f == PT_RF_OCCUPATION ? text : as_word(text, room);
}
