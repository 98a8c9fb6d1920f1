using Ncn.Inference.Generation;
using Ncn.Inference.Repository;

namespace Ncn.Inference.Tests;

/// <summary>The shipped models, loaded once for all tests that use them.</summary>
public sealed class ShippedModels : IAsyncLifetime
{
    public static string Root => Path.Combine(AppContext.BaseDirectory, "models");

    public ModelRepository Repository { get; } = ModelRepository.Load(Root, new InferenceOptions { Slots = 2, MaxWaiting = 8 }, []);

    public LoadedDecoder TinyChat => Repository.Models.OfType<LoadedDecoder>().Single(model => model.Manifest.Name == "tiny-chat");

    public LoadedTensorModel Digits => Repository.Models.OfType<LoadedTensorModel>().Single(model => model.Manifest.Name == "digits");

    /// <summary>A prompt whose answer is long.</summary>
    public int[] LongPrompt => TinyChat.Engine.EncodeChat([new ChatMessage("user", "Count from 1 to 60")]);

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await Repository.DisposeAsync();
}

[CollectionDefinition(Name)]
public sealed class ShippedModelsGroup : ICollectionFixture<ShippedModels>
{
    public const string Name = "shipped models";
}
