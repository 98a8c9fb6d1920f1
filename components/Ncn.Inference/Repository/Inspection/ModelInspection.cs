using Ncn.Protocol;

namespace Ncn.Inference.Repository.Inspection;

/// <summary>
/// Looks at a model's files before any native parser does: what would make one read outside the folder, run foreign code, recurse
/// without end or ask for absurd amounts of memory is refused with words. Content that only the runtime can judge is left to the trial.
/// </summary>
internal static class ModelInspection
{
    /// <exception cref="InvalidDataException">Something is refused; the message names the file and what is wrong.</exception>
    public static void Check(StagedModel model, InferenceOptions options)
    {
        foreach (string path in model.Manifest.Files.Keys)
        {
            if (path.EndsWith(".json", StringComparison.OrdinalIgnoreCase))
            {
                JsonFile.Check(model.Folder, path);
            }
            else if (path.EndsWith(".onnx", StringComparison.OrdinalIgnoreCase))
            {
                OnnxFile.Check(model.Folder, path, model.Manifest.Files.Keys);
                if (model.Manifest.Kind != ModelOffer.Decoder)
                {
                    WholeDivision.Check(model.Folder, path); // of a decoder, requests choose tokens alone
                }
            }
        }

        if (model.Manifest.Files.ContainsKey(GenAiConfig.FileName))
        {
            GenAiConfig config = GenAiConfig.Read(model.Folder, model.Manifest.Files.Keys);
            if (model.Manifest.Kind == ModelOffer.Decoder)
            {
                config.CheckMemory(model.Manifest, options);
            }
        }
    }
}
