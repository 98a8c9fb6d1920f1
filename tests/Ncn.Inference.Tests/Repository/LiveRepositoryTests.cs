using Ncn.Inference.Generation;
using Ncn.Inference.Repository;
using Ncn.Inference.Tensors;
using Ncn.Protocol;
using Ncn.Tests.Models;

namespace Ncn.Inference.Tests.Repository;

/// <summary>Models that come, change and go while others serve.</summary>
public sealed class LiveRepositoryTests : IDisposable
{
    private readonly RepositoryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_new_version_is_served_beside_the_old_one_and_the_highest_is_the_default()
    {
        _folder.WriteTensor("scorer", "9");
        await using ModelRepository repository = _folder.Load();
        _folder.WriteTensor("scorer", "10", seed: 2);
        Assert.Equal(ModelState.Unavailable, Status(repository, "scorer", "10").State);

        Assert.Empty(await repository.LoadAsync("scorer", default));

        Assert.Equal(["9", "10"], repository.Models.Select(model => model.Manifest.Version));
        Assert.Equal("10", repository.Find("scorer")!.Manifest.Version);
        Assert.Equal("9", repository.Find("scorer", "9")!.Manifest.Version);
        Assert.Null(repository.Find("scorer", "11"));
        Assert.All(repository.Index(), status => Assert.Equal(("READY", ""), (status.StateName, status.Reason)));
    }

    [Fact]
    public async Task A_changed_model_takes_the_old_ones_place_while_a_running_request_finishes_on_the_old_one()
    {
        _folder.WriteTensor("scorer");
        await using ModelRepository repository = _folder.Load();
        var old = (LoadedTensorModel)repository.Find("scorer")!;
        byte[] before = await RunAsync(old);
        int changes = 0;
        repository.Changed += () => changes++;

        using (old.Hold())
        {
            _folder.WriteTensor("scorer", seed: 2);
            Assert.Empty(await repository.LoadAsync("scorer", default));
            Assert.Equal(before, await RunAsync(old));
        }

        var current = (LoadedTensorModel)Assert.Single(repository.Models);
        Assert.NotEqual(old.Offer.Digest, current.Offer.Digest);
        Assert.NotEqual(before, await RunAsync(current));
        Assert.Equal(1, changes);
    }

    [Fact]
    public async Task Loading_what_has_not_changed_keeps_the_loaded_model()
    {
        _folder.WriteTensor("scorer");
        await using ModelRepository repository = _folder.Load();
        LoadedModel loaded = Assert.Single(repository.Models);
        int changes = 0;
        repository.Changed += () => changes++;
        Assert.Empty(await repository.LoadAsync("scorer", default));
        Assert.Same(loaded, Assert.Single(repository.Models));
        Assert.Equal(0, changes);
    }

    [Fact]
    public async Task A_reload_that_fails_leaves_the_old_model_serving_and_says_why()
    {
        string path = _folder.WriteTensor("scorer");
        await using ModelRepository repository = _folder.Load();
        var old = (LoadedTensorModel)Assert.Single(repository.Models);
        await File.WriteAllTextAsync(Path.Combine(path, "model.onnx"), "broken");
        RepositoryFolder.WriteManifest(path);

        ModelFailure failure = Assert.Single(await repository.LoadAsync("scorer", default));

        Assert.Equal("scorer/1", failure.Model);
        Assert.Same(old, Assert.Single(repository.Models));
        await RunAsync(old);
        ModelStatus status = Status(repository, "scorer", "1");
        Assert.Equal(ModelState.Ready, status.State);
        Assert.Contains("the reload failed, and what was loaded before is served: model.onnx: it is no ONNX model", status.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_model_that_is_unloaded_finishes_its_requests_refuses_new_ones_and_can_come_back()
    {
        _folder.WriteTensor("scorer");
        _folder.WriteTensor("other", seed: 3);
        await using ModelRepository repository = _folder.Load();
        var model = (LoadedTensorModel)repository.Find("scorer")!;
        using IDisposable running = model.Hold();

        Task unloaded = repository.UnloadAsync("scorer", default);

        Assert.Equal("UNLOADING", Status(repository, "scorer", "1").StateName);
        Assert.Equal("other", Assert.Single(repository.Models).Manifest.Name);
        LoadedModel leaving = repository.Find(model.Offer.Digest)!;
        Assert.Equal(InferenceFault.Stopping, Assert.Throws<InferenceException>(leaving.Hold).Fault);
        await RunAsync(model);
        Assert.False(unloaded.IsCompleted);

        running.Dispose();
        await unloaded;
        Assert.Equal(("UNAVAILABLE", "it was unloaded"), (Status(repository, "scorer", "1").StateName, Status(repository, "scorer", "1").Reason));
        Assert.Null(repository.Find(model.Offer.Digest));

        Assert.Empty(await repository.LoadAsync("scorer", default));
        await RunAsync((LoadedTensorModel)repository.Find(model.Offer.Digest)!);
    }

    [Fact]
    public async Task A_text_that_is_being_generated_comes_to_its_end_although_its_model_is_unloaded()
    {
        DecoderFolder.Write(_folder.Root, DecoderShape.Tiny);
        await using ModelRepository repository = _folder.Load();
        var decoder = (LoadedDecoder)Assert.Single(repository.Models);
        int[] prompt = decoder.Engine.Encode("Hello");
        Task? unloaded = null;
        int tokens = 0;
        using (decoder.Hold())
        {
            await foreach (GenerationEvent next in decoder.Engine.GenerateAsync(new GenerationRequest { Prompt = prompt, MaxTokens = 200 }, default))
            {
                unloaded ??= repository.UnloadAsync("decoder", default);
                tokens += next is GenerationEvent.Token ? 1 : 0;
            }
        }

        await unloaded!;
        Assert.Equal(200, tokens);
        Assert.Empty(repository.Models);
    }

    [Fact]
    public async Task Giving_up_waiting_does_not_stop_the_unloading()
    {
        _folder.WriteTensor("scorer");
        await using ModelRepository repository = _folder.Load();
        using IDisposable running = Assert.Single(repository.Models).Hold();
        using var impatient = new CancellationTokenSource();
        Task wait = repository.UnloadAsync("scorer", impatient.Token);
        await impatient.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => wait);
        Assert.Equal(ModelState.Unloading, Status(repository, "scorer", "1").State);
        running.Dispose();
        await repository.UnloadAsync("scorer", default);
        Assert.Equal(ModelState.Unavailable, Status(repository, "scorer", "1").State);
    }

    [Fact]
    public async Task A_version_whose_folder_is_gone_is_unloaded_and_forgotten()
    {
        _folder.WriteTensor("scorer", "1");
        string second = _folder.WriteTensor("scorer", "2", seed: 2);
        await using ModelRepository repository = _folder.Load();
        Directory.Delete(second, recursive: true);
        Assert.Empty(await repository.LoadAsync("scorer", default));
        await repository.UnloadAsync("scorer", default);
        Assert.Equal("1", Assert.Single(repository.Index()).Version);
    }

    [Fact]
    public async Task Loads_and_unloads_of_one_model_take_turns_while_another_answers()
    {
        _folder.WriteTensor("scorer", "1");
        _folder.WriteTensor("scorer", "2", seed: 2);
        _folder.WriteTensor("other");
        await using ModelRepository repository = _folder.Load();
        var other = (LoadedTensorModel)repository.Find("other")!;
        Task[] changes = [.. Enumerable.Range(0, 20).Select(i => i % 2 == 0 ? repository.UnloadAsync("scorer", default) : repository.LoadAsync("scorer", default))];
        Task[] answers = [.. Enumerable.Range(0, 20).Select(_ => RunAsync(other))];
        await Task.WhenAll([.. changes, .. answers]);

        Assert.Empty(await repository.LoadAsync("scorer", default));
        Assert.Equal(["1", "2"], repository.Models.Where(model => model.Manifest.Name == "scorer").Select(model => model.Manifest.Version));
        Assert.All(repository.Index(), status => Assert.Equal(ModelState.Ready, status.State));
        await RunAsync((LoadedTensorModel)repository.Find("scorer")!);
    }

    [Theory]
    [InlineData("absent")]
    [InlineData("../scorer")]
    [InlineData("..")]
    [InlineData("")]
    [InlineData("scorer/1")]
    [InlineData("Scorer")]
    public async Task A_name_that_is_no_models_is_unknown(string name)
    {
        _folder.WriteTensor("scorer");
        await using ModelRepository repository = _folder.Load();
        Assert.Equal(InferenceFault.UnknownModel, (await Assert.ThrowsAsync<InferenceException>(() => repository.LoadAsync(name, default))).Fault);
        Assert.Equal(InferenceFault.UnknownModel, (await Assert.ThrowsAsync<InferenceException>(() => repository.UnloadAsync(name, default))).Fault);
    }

    [Fact]
    public async Task A_closed_repository_loads_nothing_more()
    {
        _folder.WriteTensor("scorer");
        ModelRepository repository = _folder.Load();
        await repository.DisposeAsync();
        Assert.Equal(InferenceFault.Stopping, (await Assert.ThrowsAsync<InferenceException>(() => repository.LoadAsync("scorer", default))).Fault);
        Assert.Empty(repository.Models);
    }

    private static ModelStatus Status(ModelRepository repository, string name, string version) =>
        repository.Index().Single(status => (status.Name, status.Version) == (name, version));

    /// <summary>The answer to four ones.</summary>
    private static async Task<byte[]> RunAsync(LoadedTensorModel model)
    {
        byte[] ones = [.. Enumerable.Repeat(BitConverter.GetBytes(1f), 4).SelectMany(bytes => bytes)];
        using TensorAnswer answer = await model.Engine.RunAsync([new TensorValue("input", TensorDatatype.FP32, [1, 4], ones)], [], default);
        return Assert.Single(answer).Data.ToArray();
    }
}
