"""The addresses of the live part: chair board, session page and their event streams."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
