using Microsoft.ML.OnnxRuntimeGenAI;

namespace Ncn.Inference.Generation;

/// <summary>
/// A tokenizer of ONNX Runtime GenAI. When the library cannot make one, its own class still has a finalizer, and that ends the process
/// with a segmentation fault; this one has nothing to free then.
/// </summary>
internal sealed class LibraryTokenizer : Tokenizer
{
    private readonly bool _isMade;

    /// <exception cref="OnnxRuntimeGenAIException">The tokenizer's files cannot be used.</exception>
    public LibraryTokenizer(Model model)
        : base(model) => _isMade = true;

    protected override void Dispose(bool disposing)
    {
        if (_isMade)
        {
            base.Dispose(disposing);
        }
    }
}
