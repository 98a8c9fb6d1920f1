using Ncn.Protocol;

namespace Ncn.Inference.Repository.Trials;

/// <summary>A model to try out.</summary>
/// <param name="Folder">Its verified files.</param>
/// <param name="Digest">The digest under which it will be offered: files, runtime and execution provider.</param>
/// <param name="Bytes">Bytes of its files.</param>
/// <param name="Manifest">Its manifest.</param>
/// <param name="Options">How it will be run.</param>
public sealed record TrialOrder(string Folder, ModelDigest Digest, long Bytes, ModelManifest Manifest, InferenceOptions Options);

/// <summary>
/// Loads and runs a model once where it can do no harm. Native parsers can end a process on a hostile file, and no exception handler
/// stands in their way.
/// </summary>
public interface IModelTrial : IDisposable
{
    /// <summary>What is wrong with the model, in words for the operator; null when it loads and runs.</summary>
    string? Problem(TrialOrder order);
}
