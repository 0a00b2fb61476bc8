# One image for every container of the system: the servers, the worker and the commands differ in what they run only.
# Bases are named by digest; dependencies come from requirements.image.lock by hash; nothing is compiled or fetched later.
FROM ghcr.io/astral-sh/uv:0.12.19@sha256:04d046b13e60d6bcec73cbc5e1cad25d680dea90c8573340950a0ac2d1aef424 AS uv

FROM python:3.13-slim-trixie@sha256:9d2e5553305c7c7b0097999bb17187c69b921ccd6bc9d40e4bb5ebe652c00285 AS build
COPY --from=uv /uv /usr/local/bin/uv
ENV UV_LINK_MODE=copy UV_NO_CACHE=1 UV_PYTHON_DOWNLOADS=never VIRTUAL_ENV=/opt/credit-default
WORKDIR /build
# the dependencies first: a change of ours leaves their layer as it is
RUN uv venv --quiet --python python3 "$VIRTUAL_ENV"
COPY requirements.image.lock ./
RUN uv pip install --quiet --require-hashes --only-binary :all: --compile-bytecode -r requirements.image.lock
COPY pyproject.toml README.md LICENSE ./
COPY src src
RUN uv pip install --quiet --no-deps --no-build-isolation --compile-bytecode . \
 && "$VIRTUAL_ENV/bin/python" -P -m credit_default.adapters.kernel.compilation

FROM python:3.13-slim-trixie@sha256:9d2e5553305c7c7b0097999bb17187c69b921ccd6bc9d40e4bb5ebe652c00285 AS run
LABEL org.opencontainers.image.title="credit-default" org.opencontainers.image.licenses="Apache-2.0"
RUN groupadd --gid 10001 credit-default \
 && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /tmp/credit-default --shell /usr/sbin/nologin credit-default
# a volume mounted here is its own, and not root's
RUN install --directory --owner=10001 --group=10001 /workspace
COPY --from=build /opt/credit-default /opt/credit-default
# The root file system is read-only where this runs: what is written goes to /tmp, a tmpfs, and to the lake.
ENV PATH=/opt/credit-default/bin:$PATH \
    HOME=/tmp/credit-default \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    DO_NOT_TRACK=true \
    MLFLOW_DISABLE_TELEMETRY=true \
    PREFECT_SERVER_ANALYTICS_ENABLED=false \
    PREFECT_HOME=/tmp/credit-default/prefect \
    CREDIT_DEFAULT_HOME=/tmp/credit-default/home \
    CREDIT_DEFAULT_CACHE=/tmp/credit-default/cache
USER 10001:10001
WORKDIR /tmp
# of the package itself; compose.yaml and the task definitions ask each server at its own address
HEALTHCHECK --interval=30s --timeout=10s --start-period=30s CMD ["python", "-c", "import credit_default"]
ENTRYPOINT []
CMD ["credit-default", "--help"]
