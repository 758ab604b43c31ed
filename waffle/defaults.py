"""The default of every setting: `NAME` here is `WAFFLE_NAME` in a project's settings."""

COOKIE = "dwf_%s"
TEST_COOKIE = "dwft_%s"
SECURE = True
MAX_AGE = 2592000  # seconds: 30 days
COOKIE_DOMAIN = None
COOKIE_PATH = "/"
COOKIE_SAMESITE = "Lax"
COOKIE_HTTPONLY = False

STICKY_PERCENT = True
VISITOR_COOKIE = None
UNIT = None

CACHE_PREFIX = "waffle:"
CACHE_NAME = "default"
FLAG_CACHE_KEY = "flag:%s"
FLAG_USERS_CACHE_KEY = "flag:%s:users"
FLAG_GROUPS_CACHE_KEY = "flag:%s:groups"
ALL_FLAGS_CACHE_KEY = "flags:all"
SWITCH_CACHE_KEY = "switch:%s"
ALL_SWITCHES_CACHE_KEY = "switches:all"
SAMPLE_CACHE_KEY = "sample:%s"
ALL_SAMPLES_CACHE_KEY = "samples:all"

FLAG_DEFAULT = False
SWITCH_DEFAULT = False
SAMPLE_DEFAULT = False

CREATE_MISSING_FLAGS = False
CREATE_MISSING_SWITCHES = False
CREATE_MISSING_SAMPLES = False
LOG_MISSING_FLAGS = None
LOG_MISSING_SWITCHES = None
LOG_MISSING_SAMPLES = None

FLAG_MODEL = "waffle.Flag"
SWITCH_MODEL = "waffle.Switch"
SAMPLE_MODEL = "waffle.Sample"

STRICT = False

READ_FROM_WRITE_DB = False
OVERRIDE = False
ENABLE_ADMIN_PAGES = True
ADMIN_BANNER = None
ADMIN_READ_ONLY = False
ADMIN_CONFIRM = "none"
ADMIN_CONFIRM_SHARE = 25  # percent
STATUS_ENROLS = True
STATUS_EXPOSE = "all"

REFRESH_SECONDS = 0.1
SNAPSHOT_MAX_AGE = 300  # seconds
ROSTER_LIMIT = 10_000  # rows of one list field

HISTORY = True
HISTORY_DAYS = None
