FROM python:3.13-slim-trixie AS build

ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /venv
COPY requirements.txt /build/
RUN /venv/bin/pip install --require-hashes -r /build/requirements.txt

WORKDIR /app
COPY . .
# The settings ask for these three; nothing is reached, and nothing of them stays in the image.
RUN SECRET_KEY=only-for-this-build-step-not-kept-anywhere \
    DATABASE_URL=postgresql://build@build.invalid/build \
    REDIS_URL=redis://build.invalid/0 \
    /venv/bin/python manage.py collectstatic --noinput \
    && /venv/bin/python -m compileall -q market marketsite reports


FROM python:3.13-slim-trixie

# The MALLOC settings keep glibc from holding on to freed memory: docs/operations.md
ENV PATH=/venv/bin:$PATH \
    HOST=0.0.0.0 \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    MALLOC_ARENA_MAX=2 \
    MALLOC_MMAP_THRESHOLD_=131072 \
    MALLOC_TRIM_THRESHOLD_=131072

RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin marketsite
COPY --from=build /venv /venv
COPY --from=build /app /app
WORKDIR /app
USER 10001

EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "/app/deploy/healthcheck.py", "web"]

ENTRYPOINT ["/app/deploy/process"]
CMD ["web"]
