# Models as an image, which the workers' pods copy into themselves. Built from the root of the repository:
#   docker build -f compute-worker/models.Dockerfile -t ncn-models .
# With models of one's own: the same file with another folder, --build-arg MODELS=path/of/the/models

FROM busybox:1.37 AS final
ARG MODELS=compute-worker/models
COPY ${MODELS}/ /models/
USER 10001:10001
