using System.Diagnostics;
using System.Globalization;
using System.Net;
using Ncn.EndToEnd.Tests.Harness;
using Xunit.Abstractions;

namespace Ncn.EndToEnd.Tests.SeveralOperators;

/// <summary>Operators that know nothing of each other but one bootstrap address sell each other's models.</summary>
[Collection(ThreeOperators.Name)]
public sealed class OperatorTests(ThreeOperators operators, ITestOutputHelper output)
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);
    private static readonly string[] Models = ["tiny-chat", TextModels.Embedding, "digits"];

    [Fact]
    public async Task Every_model_is_reachable_from_every_gateway_and_a_killed_operator_is_routed_around_and_returns()
    {
        await EverythingIsReachableAsync();
        Report("every model was reached from every gateway", operators.SinceReady.Elapsed);

        // The third is gone with all its processes; the first has its chat model too.
        var sinceDeath = Stopwatch.StartNew();
        operators.Third.KillRuntime();
        await IsReachableAsync(operators.Second.Vision, "tiny-chat");
        Report("after the kill the second reached the model at the first", sinceDeath.Elapsed);
        for (var asked = 0; asked < 20; asked++)
        {
            (await ThreeOperators.AskAsync(operators.Second.Vision, "tiny-chat")).IsOk();
        }

        var gone = await ThreeOperators.AskAsync(operators.Second.Vision, TextModels.Embedding);
        Assert.NotEqual(HttpStatusCode.OK, gone.Status);

        await operators.Third.UpAsync();
        var sinceReturn = Stopwatch.StartNew();
        await EverythingIsReachableAsync();
        Report("after its start the third was reached again", sinceReturn.Elapsed);
    }

    private async Task EverythingIsReachableAsync()
    {
        foreach (var (_, gateway) in operators.Gateways)
        {
            foreach (var model in Models)
            {
                await IsReachableAsync(gateway, model);
            }
        }
    }

    private static Task IsReachableAsync(Uri gateway, string model) => Poll.UntilAsync(
        $"{model} is reachable from {gateway}", async () => (await ThreeOperators.AskAsync(gateway, model)).Status == HttpStatusCode.OK, Deadline);

    private void Report(string what, TimeSpan after) =>
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what} after {after.TotalSeconds:0.0} s"));
}
