from __future__ import annotations

from django.urls import path

from market import views

urlpatterns = [
    path("indices/", views.indices, name="indices"),
    path("indices/<str:code>/", views.index_detail, name="index-detail"),
]
