using Ncn.Inference.Repository;
using Ncn.OpenInference.Messages;
using Ncn.Protocol;
using ModelInferResponse = Inference.ModelInferResponse;

namespace Ncn.ComputeWorker.OpenInference;

/// <summary>A response and the memory that its outputs lie in: disposed of when it has been written, not before.</summary>
internal sealed class InferenceAnswer(ModelInferResponse response, IReadOnlyList<TensorValue> outputs) : IDisposable
{
    public ModelInferResponse Response { get; } = response;

    public static InferenceAnswer Of(string id, ModelManifest model, IReadOnlyList<TensorValue> outputs) =>
        new(TensorContents.Write(id, model.Name, model.Version, outputs), outputs);

    public void Dispose() => (outputs as IDisposable)?.Dispose();
}
