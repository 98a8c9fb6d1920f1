using Ncn.Inference.Providers;
using Ncn.Inference.Repository;
using Ncn.Inference.Tensors;
using Ncn.Inference.Tests.Repository;
using Ncn.Protocol;

namespace Ncn.Inference.Tests.Providers;

/// <summary>
/// What happens with and without a GPU. <c>NCN_TEST_PROVIDER=CUDA</c> says that this machine has one: then the tests of models run on it,
/// and the tests of its absence expect it to be there.
/// </summary>
public sealed class ExecutionProvidersTests : IDisposable
{
    private static readonly bool HasGpu = Environment.GetEnvironmentVariable("NCN_TEST_PROVIDER") == InferenceOptions.Cuda;

    private readonly RepositoryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Asking_for_cuda_works_or_fails_with_what_is_missing_and_what_to_do()
    {
        InferenceOptions options = Cuda(allowCpu: false);
        if (HasGpu)
        {
            Assert.Equal((options, null), (ExecutionProviders.Choose(options).Options, ExecutionProviders.Choose(options).Notice));
            return;
        }

        string message = Assert.Throws<ExecutionProviderException>(() => ModelRepository.Load(_folder.Root, options, [])).Message;
        Assert.StartsWith("CUDA was asked for and cannot be used: ", message, StringComparison.Ordinal);
        Assert.Contains("To serve on the CPU instead, set AllowCpuFallback to true.", message, StringComparison.Ordinal);
        Assert.True(message.Contains("CUDA build is not installed", StringComparison.Ordinal) || message.Contains(" is missing: install ", StringComparison.Ordinal), message);
    }

    [Fact]
    public async Task With_the_operators_leave_the_cpu_serves_and_digest_and_offer_say_so()
    {
        _folder.WriteTensor("scorer");
        InferenceOptions options = Cuda(allowCpu: true);
        await using ModelRepository repository = ModelRepository.Load(_folder.Root, options, []);
        string used = HasGpu ? InferenceOptions.Cuda : InferenceOptions.Cpu;
        var model = (LoadedTensorModel)Assert.Single(repository.Models);
        Assert.Equal((used, used), (repository.ExecutionProvider, model.Offer.ExecutionProvider));
        Assert.Equal(HasGpu, repository.ProviderNotice is null);
        Assert.Equal("CUDA", options.ExecutionProvider);

        await using ModelRepository plain = ModelRepository.Load(_folder.Root, _folder.Options, []);
        Assert.Equal(!HasGpu, plain.Models[0].Offer.Digest == model.Offer.Digest);
        using TensorAnswer answer = await model.Engine.RunAsync([new TensorValue("input", TensorDatatype.FP32, [1, 4], new byte[16])], [], default);
        Assert.Equal(8, answer[0].Data.Length);
    }

    [Theory]
    [InlineData(
        "[ErrorCode:RuntimeException] /x/provider_bridge_ort.cc:2270 Failed to load library libonnxruntime_providers_cuda.so with error: libcublasLt.so.13: cannot open shared object file: No such file or directory",
        "the library libcublasLt.so.13 is missing: install cuBLAS of CUDA 13")]
    [InlineData("error: libcudnn.so.9: cannot open shared object file: No such file or directory", "the library libcudnn.so.9 is missing: install cuDNN 9 for CUDA 13")]
    [InlineData("error: libcuda.so.1: cannot open shared object file: No such file or directory", "the library libcuda.so.1 is missing: install the NVIDIA driver")]
    [InlineData("error: libodd.so.3: cannot open shared object file: No such file or directory", "the library libodd.so.3 is missing: install it")]
    [InlineData("error: /app/libonnxruntime_providers_cuda.so: cannot open shared object file: No such file or directory", "ONNX Runtime's CUDA build is not installed")]
    [InlineData("CUDA execution provider is not enabled in this build. ", "ONNX Runtime's CUDA build is not installed")]
    [InlineData("Unable to find an entry point named 'OrtSessionOptionsAppendExecutionProvider_CUDA' in shared library 'onnxruntime'.", "ONNX Runtime's CUDA build is not installed")]
    [InlineData("CUDA failure 100: no CUDA-capable device is detected ; GPU=32 ; hostname=x", "GPU number 3 is not there or its driver is too old")]
    [InlineData("CUDA failure 35: CUDA driver version is insufficient for CUDA runtime version", "GPU number 3 is not there or its driver is too old")]
    [InlineData("CUDA failure 101: invalid device ordinal ; GPU=7", "GPU number 3 is not there or its driver is too old")]
    [InlineData("something else\nwith a second line", "ONNX Runtime says: something else")]
    public void What_the_native_library_says_becomes_what_to_do(string native, string words)
    {
        string told = CudaFailure.Explain(native, device: 3);
        Assert.StartsWith(words, told, StringComparison.Ordinal);
        Assert.DoesNotContain("second line", told, StringComparison.Ordinal);
    }

    [Fact]
    public void Threads_are_limited_as_configured()
    {
        using var session = ExecutionProviders.SessionOptions(new InferenceOptions { Threads = 3, InterOpThreads = 2 });
        Assert.Equal((3, 2), (session.IntraOpNumThreads, session.InterOpNumThreads));
        using var alone = ExecutionProviders.SessionOptions(new InferenceOptions());
        Assert.Equal(1, alone.InterOpNumThreads);
    }

    private InferenceOptions Cuda(bool allowCpu)
    {
        InferenceOptions options = _folder.Options;
        (options.ExecutionProvider, options.AllowCpuFallback) = (InferenceOptions.Cuda, allowCpu);
        return options;
    }
}
