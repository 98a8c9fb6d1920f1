using Ncn.Actors;
using Ncn.Payments.Pricing;
using Ncn.Protocol.Grpc;
using Ncn.Serving.Calls;
using Ncn.Serving.Hosting;
using Ncn.Serving.Payments;
using Ncn.Serving.Requests;

namespace Ncn.Serving.Tests.Routing;

/// <summary>A model whose nodes have all gone is asked for again in a moment; one that nobody has is not.</summary>
public sealed class LostModelTests
{
    private static readonly ApiError NotFound = new(404, "model_not_found", "No such model.");

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_model_that_was_served_a_moment_ago_has_no_room_and_an_unknown_one_is_not_found(bool isAnotherLeft)
    {
        await using var gateway = await RoutedGateway.StartAsync(1);
        var node = gateway.Actors.Snapshot.Nodes[0];
        NodeView[] others = isAnotherLeft ? [node with { Record = node.Record with { Models = [node.Record.Models[0] with { Name = "other" }] } }] : [];
        Assert.IsType<PaymentException>(await AskAsync(gateway, "tiny-chat"));
        Assert.Same(NotFound, Assert.IsType<ApiException>(await AskAsync(gateway, "another")).Error);

        gateway.Actors.Snapshot = new(gateway.Actors.Snapshot.Version + 1, others);
        Exception? refused = null;
        for (var begun = DateTime.UtcNow; refused is not ApiException && DateTime.UtcNow - begun < TimeSpan.FromSeconds(60);)
        {
            refused = await AskAsync(gateway, "tiny-chat");
            await Task.Delay(20);
        }

        var error = Assert.IsType<ApiException>(refused).Error;
        Assert.Equal((503, ApiError.NoCapacity, true), (error.Status, error.Code, error.RetryAfterSeconds > 0));
        // Where nobody is left, nothing can be said.
        Assert.Equal(isAnotherLeft ? 404 : 503, Assert.IsType<ApiException>(await AskAsync(gateway, "another")).Error.Status);
    }

    private static Task<Exception?> AskAsync(RoutedGateway gateway, string model) => Record.ExceptionAsync(() => gateway.Get<PaidRequest>().AdmitAsync(
        new ClientCall { Route = "/v1/chat/completions", ResourceUrl = "http://127.0.0.1:1/v1/chat/completions" },
        new Order(model, "chat", new Input { Generate = new GenerateInput { Prompt = "count", MaxTokens = 40 } }, new Usage(100, 40, 0), null, new byte[] { 1 }),
        NotFound));
}
