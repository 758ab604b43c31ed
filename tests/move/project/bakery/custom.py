"""Settings of a site that has models of its own, and settings that django-waffle knows."""

import logging

from .settings import *  # noqa: F403
from .settings import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "clubs"]

WAFFLE_FLAG_MODEL = "clubs.ClubFlag"
WAFFLE_SWITCH_MODEL = "clubs.ClubSwitch"
WAFFLE_SAMPLE_MODEL = "clubs.ClubSample"
WAFFLE_COOKIE = "bakery_%s"
WAFFLE_TEST_COOKIE = "bakery_test_%s"
WAFFLE_CACHE_PREFIX = "bakery:"
WAFFLE_SECURE = False
WAFFLE_OVERRIDE = True
WAFFLE_SWITCH_DEFAULT = True
WAFFLE_CREATE_MISSING_FLAGS = True
WAFFLE_LOG_MISSING_SWITCHES = logging.DEBUG
