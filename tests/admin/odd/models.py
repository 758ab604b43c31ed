"""Members with an address in the place of a username, and keys that are no numbers."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models

from waffle.models import AbstractBaseSwitch, AbstractUserFlag


class Members(BaseUserManager["Member"]):
    """Makes members."""

    # Any: whatever fields a member has.
    def create_superuser(self, email: str, **fields: Any) -> Member:
        return self.create(email=email, is_staff=True, is_superuser=True, **fields)


class Member(AbstractBaseUser, PermissionsMixin):
    """Somebody who signs in by an address."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    email = models.EmailField(unique=True)
    is_staff = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)

    objects = Members()

    USERNAME_FIELD = "email"


class Feature(AbstractUserFlag):
    """A flag whose key is a text."""

    code = models.CharField(max_length=50, primary_key=True)


class Fuse(AbstractBaseSwitch):
    """A switch whose key is its name."""

    name = models.CharField(max_length=100, primary_key=True)
