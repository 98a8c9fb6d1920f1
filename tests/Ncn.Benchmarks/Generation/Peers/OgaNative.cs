using System.Runtime.InteropServices;

namespace Ncn.Benchmarks.Generation.Peers;

/// <summary>
/// The C interface of ONNX Runtime GenAI's batching engine, which its C# package does not carry. Calls must not run side by side.
/// Source: ort_genai_c.h of ONNX Runtime GenAI 0.15.
/// </summary>
internal static partial class OgaNative
{
    private const string Library = "onnxruntime-genai";

    /// <exception cref="BenchmarkFailedException">The library reported an error.</exception>
    public static void Check(nint result)
    {
        if (result == 0)
        {
            return;
        }

        string? message = Marshal.PtrToStringUTF8(OgaResultGetError(result));
        OgaDestroyResult(result);
        throw new BenchmarkFailedException($"ONNX Runtime GenAI: {message}");
    }

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint OgaCreateConfig(string folder, out nint config);

    [LibraryImport(Library)]
    public static partial nint OgaConfigClearProviders(nint config);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint OgaConfigAppendProvider(nint config, string provider);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint OgaConfigOverlay(nint config, string json);

    [LibraryImport(Library)]
    public static partial nint OgaCreateModelFromConfig(nint config, out nint model);

    [LibraryImport(Library)]
    public static partial nint OgaCreateEngine(nint model, out nint engine);

    [LibraryImport(Library)]
    public static partial nint OgaCreateGeneratorParams(nint model, out nint parameters);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint OgaGeneratorParamsSetSearchNumber(nint parameters, string option, double value);

    [LibraryImport(Library)]
    public static partial nint OgaCreateRequest(nint parameters, out nint request);

    [LibraryImport(Library)]
    public static partial nint OgaCreateSequences(out nint sequences);

    [LibraryImport(Library)]
    public static partial nint OgaAppendTokenSequence(ReadOnlySpan<int> tokens, nuint count, nint sequences);

    [LibraryImport(Library)]
    public static partial nint OgaRequestAddTokens(nint request, nint sequences);

    [LibraryImport(Library)]
    public static partial nint OgaRequestSetOpaqueData(nint request, nint data);

    [LibraryImport(Library)]
    public static partial nint OgaRequestGetOpaqueData(nint request, out nint data);

    [LibraryImport(Library)]
    public static partial nint OgaRequestHasUnseenTokens(nint request, [MarshalAs(UnmanagedType.U1)] out bool has);

    [LibraryImport(Library)]
    public static partial nint OgaRequestGetUnseenToken(nint request, out int token);

    [LibraryImport(Library)]
    public static partial nint OgaRequestIsDone(nint request, [MarshalAs(UnmanagedType.U1)] out bool done);

    [LibraryImport(Library)]
    public static partial nint OgaEngineAddRequest(nint engine, nint request);

    [LibraryImport(Library)]
    public static partial nint OgaEngineRemoveRequest(nint engine, nint request);

    [LibraryImport(Library)]
    public static partial nint OgaEngineStep(nint engine, out nint request);

    [LibraryImport(Library)]
    public static partial nint OgaEngineHasPendingRequests(nint engine, [MarshalAs(UnmanagedType.U1)] out bool pending);

    [LibraryImport(Library)]
    public static partial void OgaDestroyConfig(nint config);

    [LibraryImport(Library)]
    public static partial void OgaDestroyModel(nint model);

    [LibraryImport(Library)]
    public static partial void OgaDestroyEngine(nint engine);

    [LibraryImport(Library)]
    public static partial void OgaDestroyGeneratorParams(nint parameters);

    [LibraryImport(Library)]
    public static partial void OgaDestroyRequest(nint request);

    [LibraryImport(Library)]
    public static partial void OgaDestroySequences(nint sequences);

    [LibraryImport(Library)]
    private static partial nint OgaResultGetError(nint result);

    [LibraryImport(Library)]
    private static partial void OgaDestroyResult(nint result);
}
