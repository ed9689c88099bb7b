# The demo as a small image, by default for processors. See docs/operations.md.
FROM python:3.11-slim-bookworm

# Two libraries that opencv-python loads (a Space has them from packages.txt), and what
# `python -m demo.replicas` puts before several workers.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends libgl1 libglib2.0-0 nginx-light \
    && rm -rf /var/lib/apt/lists/*

ENV PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_ROOT_USER_ACTION=ignore

WORKDIR /app
COPY requirements.txt .

# Where PyTorch comes from. The default has no CUDA, which saves about 4 GB. For NVIDIA cards:
# --build-arg TORCH_INDEX=https://pypi.org/simple
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu
RUN grep -E '^torch(vision)?==' requirements.txt > /tmp/torch.txt \
    && pip install --index-url "${TORCH_INDEX}" -r /tmp/torch.txt \
    && pip install -r requirements.txt \
    && rm /tmp/torch.txt

COPY app.py LICENSE README.md ./
COPY amodal amodal
COPY demo demo
COPY weights weights
COPY examples examples

# Third-party networks to put into the image, by their names in `python -m amodal.hub fetch`.
# Those that are not in it are downloaded when they are first needed.
ARG WEIGHTS="mi-gan mobile-sam"
ENV HF_HOME=/opt/huggingface \
    TORCH_HOME=/opt/torch
RUN useradd --create-home --uid 1000 amodal \
    && mkdir -p "${HF_HOME}" "${TORCH_HOME}" \
    && for name in ${WEIGHTS}; do python -m amodal.hub fetch "${name}" || exit 1; done \
    && chown -R amodal:amodal "${HF_HOME}" "${TORCH_HOME}"

# The container may be read-only but for /tmp, where uploads and results go.
ENV GRADIO_TEMP_DIR=/tmp/gradio \
    GRADIO_SERVER_NAME=0.0.0.0 \
    GRADIO_SERVER_PORT=7860
USER 1000
EXPOSE 7860

# Gradio's lightest answer. Importing PyTorch takes some seconds.
HEALTHCHECK --start-period=60s --interval=30s --timeout=5s --retries=3 \
    CMD ["python", "-c", "import urllib.request as r; r.build_opener(r.ProxyHandler({})).open('http://127.0.0.1:7860/gradio_api/app_id', timeout=4)"]

CMD ["python", "app.py"]
