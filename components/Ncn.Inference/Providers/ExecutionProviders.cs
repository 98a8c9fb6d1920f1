using Microsoft.ML.OnnxRuntime;

namespace Ncn.Inference.Providers;

/// <summary>What models are run on, once it is known what this machine can do.</summary>
/// <param name="Options">The options with the provider that is really used.</param>
/// <param name="Notice">Why it is not the one that was asked for; null when it is.</param>
public sealed record ProviderChoice(InferenceOptions Options, string? Notice);

/// <summary>Chooses the execution provider, and opens ONNX Runtime sessions on it.</summary>
public static class ExecutionProviders
{
    /// <summary>y = x + x on one number: the smallest model that needs the provider to work.</summary>
    private const string SmallestModel = "CAg6NQoOCgF4CgF4EgF5IgNBZGQSAWdaDwoBeBIKCggIARIECgIIAWIPCgF5EgoKCAgBEgQKAggBQgIQDQ==";

    /// <summary>Tries the provider on a tiny model.</summary>
    /// <exception cref="ExecutionProviderException">CUDA cannot be had, and the CPU is not allowed instead; says what is missing.</exception>
    public static ProviderChoice Choose(InferenceOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.ExecutionProvider != InferenceOptions.Cuda || CudaProblem(options) is not { } problem)
        {
            return new ProviderChoice(options, null);
        }

        return options.AllowCpuFallback
            ? new ProviderChoice(options.OnCpu(), $"CUDA was asked for and cannot be used, so models run on the CPU and are offered as such: {problem}")
            : throw new ExecutionProviderException(
                $"CUDA was asked for and cannot be used: {problem} To serve on the CPU instead, set {nameof(options.AllowCpuFallback)} to true.");
    }

    /// <summary>A session's options as this machine is configured. The caller disposes of them.</summary>
    /// <exception cref="OnnxRuntimeException">CUDA's libraries cannot be loaded.</exception>
    public static SessionOptions SessionOptions(InferenceOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var session = new SessionOptions
        {
            LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL,
            IntraOpNumThreads = options.Threads,
            InterOpNumThreads = options.InterOpThreads,
            ExecutionMode = options.InterOpThreads == 1 ? ExecutionMode.ORT_SEQUENTIAL : ExecutionMode.ORT_PARALLEL,
        };
        try
        {
            if (options.ExecutionProvider == InferenceOptions.Cuda)
            {
                AppendCuda(session, options);
            }

            return session;
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }

    private static void AppendCuda(SessionOptions session, InferenceOptions options)
    {
        using var cuda = new OrtCUDAProviderOptions();
        var settings = new Dictionary<string, string>
        {
            ["device_id"] = $"{options.Device}",
            ["arena_extend_strategy"] = "kSameAsRequested",
            ["use_tf32"] = "0", // full single precision, so that another node's GPU gives nearly the same numbers
        };
        if (options.GpuMemoryMegabytes > 0)
        {
            settings["gpu_mem_limit"] = $"{(long)options.GpuMemoryMegabytes << 20}";
        }

        cuda.UpdateOptions(settings);
        session.AppendExecutionProvider_CUDA(cuda);
    }

    private static string? CudaProblem(InferenceOptions options)
    {
        try
        {
            using SessionOptions session = SessionOptions(options);
            using var model = new InferenceSession(Convert.FromBase64String(SmallestModel), session);
            float[] number = [1];
            using OrtValue one = OrtValue.CreateTensorValueFromMemory(number, [1]);
            using var run = new RunOptions();
            using IDisposableReadOnlyCollection<OrtValue> two = model.Run(run, ["x"], [one], ["y"]);
            return two[0].GetTensorDataAsSpan<float>()[0] == 2 ? null : CudaFailure.Explain("it computes wrong sums", options.Device);
        }
        catch (Exception exception) when (exception is OnnxRuntimeException or EntryPointNotFoundException or DllNotFoundException)
        {
            return CudaFailure.Explain(exception.Message, options.Device);
        }
    }
}
