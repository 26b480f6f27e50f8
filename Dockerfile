# The reference endpoint as an image, for tests in any language (docs/docker.md):
#   docker build --tag hpp-contract . && docker run --rm --publish 127.0.0.1:8080:8080 hpp-contract
FROM python:3.12-slim-bookworm AS build
WORKDIR /src
COPY pyproject.toml requirements.lock README.md LICENSE ./
COPY hpp_contract hpp_contract
COPY schemas schemas
COPY cassettes cassettes
COPY docs docs
COPY examples examples
# The versions of the lock; its hashes are for what has an index, which this folder has not.
RUN sed -n 's/^\([a-z0-9.-]*==[^ ]*\) .*/\1/p' requirements.lock > constraints.txt
RUN python3 -m venv /opt/hpp-contract
RUN /opt/hpp-contract/bin/pip install --quiet --no-cache-dir --disable-pip-version-check --constraint constraints.txt .
# The image is never written to: what is compiled now need not be later. pip itself is not needed there.
RUN /opt/hpp-contract/bin/python -m compileall -q /opt/hpp-contract/lib && /opt/hpp-contract/bin/pip uninstall --quiet --yes pip

FROM python:3.12-slim-bookworm
COPY --from=build /opt/hpp-contract /opt/hpp-contract
ENV PATH=/opt/hpp-contract/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
# Nobody: an id without a name, so that a cluster can see that it is not root.
USER 65532:65532
WORKDIR /work
EXPOSE 8080
HEALTHCHECK --interval=5s --timeout=3s --start-period=10s CMD ["python3", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8080/-/healthy', timeout=2)"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["hpp-contract"]
CMD ["serve", "--host", "0.0.0.0", "--port", "8080"]
