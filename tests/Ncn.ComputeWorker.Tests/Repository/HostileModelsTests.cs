using System.Diagnostics;
using System.Runtime.InteropServices;
using Ncn.Inference;
using Ncn.Inference.Generation;
using Ncn.Inference.Repository;
using Ncn.Inference.Repository.Trials;
using Ncn.Inference.Tensors;
using Ncn.Protocol;
using Ncn.Tests.Models;
using Xunit.Abstractions;

namespace Ncn.ComputeWorker.Tests.Repository;

/// <summary>Spoilt models come and go beside healthy ones: each is refused with words or serves, nothing crashes, and the memory comes back.</summary>
[Collection(AloneGroup.Name)]
public sealed partial class HostileModelsTests(ITestOutputHelper output) : IAsyncLifetime
{
    private const int Seed = 20261123;
    private const int Cases = 200;

    /// <summary>A leak shows in every round; a thread's first stack or a compiler's late work shows in one.</summary>
    private const int Rounds = 3;

    private readonly string _root = Directory.CreateTempSubdirectory("ncn-hostile-").FullName;
    private readonly List<string> _wrong = [];
    private ModelRepository? _repository;

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        if (_repository is not null)
        {
            await _repository.DisposeAsync();
        }

        Directory.Delete(_root, recursive: true);
    }

    [Fact]
    public async Task Spoilt_models_are_refused_with_words_while_the_others_serve()
    {
        ModelFolder.WriteTensor(_root, "good", MlpModel.Graph([4, 8, 2], seed: 9));
        DecoderFolder.Write(_root, DecoderShape.Tiny with { Seed = 9 }, "good-text");
        var options = new InferenceOptions { Slots = 2, TrialSeconds = 120, TrialMegabytes = 1024, KvCacheMegabytes = 256 };
        _repository = ModelRepository.Load(_root, options, [], new ChildTrial(TrialCommand.For(typeof(WorkerSetup).Assembly), records: null, TimeProvider.System));
        Assert.Empty(_repository.Failures);

        int warmUp = Spoilers.All.Count; // each way once: then everything that is made once has been made
        await RunAsync(Enumerable.Range(0, warmUp));
        bool comesBack = false;
        for (int round = 0; round < Rounds && !comesBack; round++)
        {
            comesBack = await MemoryComesBackAsync(Enumerable.Range(warmUp, Cases));
        }

        Assert.True(comesBack, "memory grew by more than a twentieth in each round");
    }

    private async Task<bool> MemoryComesBackAsync(IEnumerable<int> cases)
    {
        long before = Memory();
        int refused = await RunAsync(cases);
        long after = Memory();
        output.WriteLine($"{refused} of {Cases} refused; memory {before >> 10} KiB before, {after >> 10} KiB after");
        Assert.Empty(_wrong);
        Assert.True(refused >= Cases * 3 / 4, $"only {refused} of {Cases} spoilt models were refused");
        return after <= before * 1.05;
    }

    private async Task<int> RunAsync(IEnumerable<int> cases)
    {
        int refused = 0;
        foreach (int number in cases)
        {
            refused += await TryAsync(number) ? 1 : 0;
            await AnswerAsync(number);
        }

        return refused;
    }

    /// <summary>True when the model was refused.</summary>
    private async Task<bool> TryAsync(int number)
    {
        Spoiler spoiler = Spoilers.All[number % Spoilers.All.Count];
        var random = new Random(Seed + number);
        HostileFolder folder = HostileFolder.Write(_root, $"case-{number}", spoiler.IsForDecoders || random.Next(3) == 0, random);
        spoiler.Spoil(folder);

        ModelFailure? failure = (await _repository!.LoadAsync(folder.Name, default)).SingleOrDefault();

        string told = $"case {number}, {spoiler.Title}: {failure?.Problem ?? "loaded"}";
        output.WriteLine(told);
        bool isWell = spoiler.Words is null ? failure is null || failure.Problem.Length > 10 : failure?.Problem.Contains(spoiler.Words, StringComparison.Ordinal) == true;
        if (!isWell || failure?.Problem.Contains(Path.GetTempPath(), StringComparison.Ordinal) == true)
        {
            _wrong.Add(told);
        }

        await _repository.UnloadAsync(folder.Name, default);
        Directory.Delete(folder.Path, recursive: true);
        Directory.Delete(Path.GetDirectoryName(folder.Path)!);
        return failure is not null;
    }

    /// <summary>The healthy models answer after each.</summary>
    private async Task AnswerAsync(int number)
    {
        var tensors = (LoadedTensorModel)_repository!.Find("good")!;
        using TensorAnswer answer = await tensors.Engine.RunAsync([new TensorValue("input", TensorDatatype.FP32, [1, 4], new byte[16])], [], default);
        Assert.Equal(8, answer[0].Data.Length);
        if (number % 10 == 0)
        {
            int[] prompt = [65, 66];
            var text = (LoadedDecoder)_repository.Find("good-text")!;
            GenerationEvent last = await text.Engine.GenerateAsync(new GenerationRequest { Prompt = prompt, MaxTokens = 4 }, default).LastAsync();
            Assert.IsType<GenerationEvent.Finished>(last);
        }
    }

    /// <summary>The least of a few looks at the resident set after everything that can be freed was freed.</summary>
    private static long Memory()
    {
        long least = long.MaxValue;
        for (int i = 0; i < 5; i++)
        {
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            GC.WaitForPendingFinalizers();
            _ = GiveBack(0);
            using var process = Process.GetCurrentProcess();
            least = Math.Min(least, process.WorkingSet64);
        }

        return least;
    }

    /// <summary>malloc_trim(3): what native code freed goes back to the kernel, so that the resident set counts only what is in use.</summary>
    [LibraryImport("libc", EntryPoint = "malloc_trim")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int GiveBack(nuint pad);
}

/// <summary>Tests that measure this process, and so run while no other does.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class AloneGroup
{
    public const string Name = "alone";
}
