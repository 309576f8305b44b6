# BN Lab. CPU: docker build -t bnlab .   GPU: docker build --build-arg TORCH_BACKEND=cu130 -t bnlab .

ARG PYTHON_IMAGE=python:3.11-slim-bookworm

FROM ${PYTHON_IMAGE} AS packages
# Named, never "auto": no driver is to be seen while an image is built.
ARG TORCH_BACKEND=cpu
RUN pip install --no-cache-dir --root-user-action=ignore uv==0.13.8 && uv venv /opt/venv
COPY requirements.txt /tmp/requirements.txt
RUN uv pip install --no-cache --compile-bytecode --python /opt/venv/bin/python \
    --torch-backend="${TORCH_BACKEND}" -r /tmp/requirements.txt

FROM ${PYTHON_IMAGE}
COPY --from=packages /opt/venv /opt/venv
WORKDIR /app
COPY . .
RUN /opt/venv/bin/python -m compileall -q app.py bnlab pages

ENV PATH=/opt/venv/bin:${PATH} \
    HOME=/tmp \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    STREAMLIT_SERVER_ADDRESS=0.0.0.0 \
    STREAMLIT_SERVER_PORT=8501 \
    STREAMLIT_SERVER_HEADLESS=true \
    STREAMLIT_SERVER_FILE_WATCHER_TYPE=none \
    STREAMLIT_BROWSER_GATHER_USAGE_STATS=false
EXPOSE 8501
USER 10001:10001
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s \
    CMD ["python", "-c", "import os, urllib.request as web; env = os.environ; base = env.get('STREAMLIT_SERVER_BASE_URL_PATH', '').strip('/'); web.urlopen('http://127.0.0.1:' + env['STREAMLIT_SERVER_PORT'] + '/' + (base + '/' if base else '') + 'healthz', timeout=4)"]
ENTRYPOINT ["streamlit", "run", "app.py"]
