# syntax=docker/dockerfile:1
# walletpass with its server. Build: docker build -t walletpass .

FROM python:3.13-slim-bookworm AS build
WORKDIR /src
RUN python -m venv /opt/walletpass
ENV PATH=/opt/walletpass/bin:$PATH PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
COPY pyproject.toml requirements-dev.txt README.md LICENSE NOTICE ./
COPY walletpass ./walletpass
COPY server ./server
# In the versions that are tested.
RUN sed '/--hash=/d; s/ *\\$//' requirements-dev.txt > tested.txt && pip install --constraint tested.txt '.[server]'

FROM python:3.13-slim-bookworm
# A fixed id, so that the owner of a mounted folder can be set from outside.
RUN groupadd --gid 10001 walletpass \
 && useradd --uid 10001 --gid walletpass --no-create-home --home-dir /data --shell /usr/sbin/nologin walletpass \
 && install -d -o walletpass -g walletpass -m 0700 /data
COPY --from=build /opt/walletpass /opt/walletpass
ENV PATH=/opt/walletpass/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    WALLETPASS_DATA=/data \
    WALLETPASS_HOST=0.0.0.0 \
    WALLETPASS_PORT=8000
USER walletpass
WORKDIR /data
VOLUME /data
EXPOSE 8000
STOPSIGNAL SIGTERM
# Alive, not ready: a database that is away for a moment is no reason to restart this.
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen(f'http://127.0.0.1:{os.environ[\"WALLETPASS_PORT\"]}/healthz', timeout=4)"]
ENTRYPOINT ["walletpass"]
CMD ["serve"]
