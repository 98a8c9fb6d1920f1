using Ncn.LocalRuntime.Tests.Harness;

namespace Ncn.LocalRuntime.Tests;

/// <summary>One network for all scenarios of the real JavaScript client.</summary>
public sealed class JavaScriptClientNetwork : IAsyncLifetime
{
    internal RunningNetwork Network { get; private set; } = null!;

    public async Task InitializeAsync() => Network = await RunningNetwork.StartAsync("dapr.yaml", "--without", "anvil");

    public Task DisposeAsync()
    {
        Network.Dispose();
        return Task.CompletedTask;
    }
}

/// <summary>The HTTP API as the official JavaScript SDK uses it, from both sides.</summary>
public sealed class JavaScriptClientTests(JavaScriptClientNetwork shared) : IClassFixture<JavaScriptClientNetwork>
{
    [Theory]
    [InlineData("state")]
    [InlineData("pubsub")]
    [InlineData("invocation")]
    [InlineData("actors")]
    [InlineData("bindings")]
    [InlineData("secrets")]
    [InlineData("metadata")]
    public Task Scenario_holds(string scenario) => shared.Network.RunClientAsync(scenario);
}
