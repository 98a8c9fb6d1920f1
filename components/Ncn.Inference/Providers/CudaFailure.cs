using System.Text.RegularExpressions;

namespace Ncn.Inference.Providers;

/// <summary>Turns what ONNX Runtime says when CUDA fails into what is missing and how to get it. Pure.</summary>
internal static partial class CudaFailure
{
    private const string CudaBuild =
        "ONNX Runtime's CUDA build is not installed: components/standins/Microsoft.ML.OnnxRuntime.Gpu/README.md says how to get it; "
        + "images that are built with OfficialPackages=true have it.";

    private static readonly (string Library, string Cure)[] Cures =
    [
        ("libcudnn", "cuDNN 9 for CUDA 13"),
        ("libcuda.so", "the NVIDIA driver (and, in a container, the NVIDIA container runtime with the GPU passed in)"),
        ("libcublas", "cuBLAS of CUDA 13"),
        ("libcudart", "the runtime of CUDA 13"),
        ("libcurand", "cuRAND of CUDA 13"),
        ("libcufft", "cuFFT of CUDA 13"),
        ("libnvrtc", "NVRTC of CUDA 13"),
        ("libnvJitLink", "nvJitLink of CUDA 13"),
    ];

    /// <summary>One or two sentences for the operator.</summary>
    /// <param name="message">ONNX Runtime's own words.</param>
    /// <param name="device">The GPU's number that was asked for.</param>
    public static string Explain(string message, int device)
    {
        if (message.Contains("not enabled in this build", StringComparison.Ordinal) || message.Contains("entry point", StringComparison.OrdinalIgnoreCase))
        {
            return CudaBuild;
        }

        if (MissingLibrary().Match(message) is { Success: true } missing)
        {
            return Missing(missing.Groups["library"].Value);
        }

        return DeviceProblem().IsMatch(message)
            ? $"GPU number {device} is not there or its driver is too old: nvidia-smi lists what there is, and CUDA 13 needs driver 580 or newer. ONNX Runtime says: {FirstLine(message)}"
            : $"ONNX Runtime says: {FirstLine(message)}";
    }

    private static string Missing(string library) =>
        library.StartsWith("libonnxruntime", StringComparison.Ordinal) ? CudaBuild
        : Cures.FirstOrDefault(cure => library.StartsWith(cure.Library, StringComparison.Ordinal)).Cure is { } cure
            ? $"the library {library} is missing: install {cure}, and let the loader find it (ldconfig, or LD_LIBRARY_PATH)."
            : $"the library {library} is missing: install it, and let the loader find it (ldconfig, or LD_LIBRARY_PATH).";

    private static string FirstLine(string message)
    {
        string line = message.Split('\n', 2)[0].Trim();
        return line.Length <= 300 ? line : line[..300] + "…";
    }

    [GeneratedRegex(@"(?<library>lib[\w.+-]*\.so[\d.]*): cannot open shared object file")]
    private static partial Regex MissingLibrary();

    [GeneratedRegex("(CUDA (failure|error) (35|100|101)\\b|no CUDA-capable device|invalid device ordinal|driver version is insufficient)", RegexOptions.IgnoreCase)]
    private static partial Regex DeviceProblem();
}
