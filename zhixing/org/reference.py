"""National reference tables: facts published by ministries, keyed by their own codes, loaded from `data/` by `manage.py load-reference`."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class NationalMajor(models.Model):
    """职业教育专业目录: three-year majors and vocational bachelor majors; a code is text."""

    code = models.CharField(_("code"), max_length=7, primary_key=True)
    name = models.CharField(_("name"), max_length=100)
    level = models.CharField(_("level"), max_length=20)
    division = models.CharField(_("major division"), max_length=60, blank=True)
    category = models.CharField(_("major category"), max_length=60, blank=True)
    lookup = ("code", "name")
    picked = True

    class Meta:
        app_label = "org"
        verbose_name = _("national major")
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name


class IndustryCode(models.Model):
    """GB/T 4754-2017 国民经济行业分类: section, division, group, class."""

    code = models.CharField(_("code"), max_length=5, primary_key=True)
    name = models.CharField(_("name"), max_length=120)
    level = models.PositiveSmallIntegerField(_("level"))
    parent = models.ForeignKey("self", models.CASCADE, null=True, related_name="children", verbose_name=_("belongs to"))
    lookup = ("code", "name")
    picked = True

    class Meta:
        app_label = "org"
        verbose_name = _("industry code")
        ordering = ["code"]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class Division(models.Model):
    """GB/T 2260 行政区划."""

    code = models.CharField(_("code"), max_length=6, primary_key=True)
    name = models.CharField(_("name"), max_length=60)
    level = models.PositiveSmallIntegerField(_("level"))
    parent = models.ForeignKey("self", models.CASCADE, null=True, related_name="children", verbose_name=_("belongs to"))
    lookup = ("code", "name")
    picked = True

    class Meta:
        app_label = "org"
        verbose_name = _("division")
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name


class College(models.Model):
    """The ministry's list of higher-education institutions."""

    code = models.CharField(_("code"), max_length=10, primary_key=True)
    name = models.CharField(_("name"), max_length=100)
    province = models.CharField(_("province"), max_length=20)
    city = models.CharField(_("city"), max_length=40, blank=True)
    level = models.CharField(_("level"), max_length=20, blank=True)
    lookup = ("code", "name")
    picked = True

    class Meta:
        app_label = "org"
        verbose_name = _("higher-education institution")
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name


class Holiday(models.Model):
    """A public holiday, or a weekend day worked to make up for one. Years not listed are unknown, never guessed."""

    day = models.DateField(_("day"), primary_key=True)
    name = models.CharField(_("name"), max_length=40, blank=True)
    is_workday = models.BooleanField(_("working day"))

    class Meta:
        app_label = "org"
        verbose_name = _("holiday")
        ordering = ["day"]

    def __str__(self) -> str:
        return f"{self.day} {self.name}"
