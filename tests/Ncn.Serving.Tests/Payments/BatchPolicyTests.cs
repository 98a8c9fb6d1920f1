using System.Text;
using Ncn.Actors;
using Ncn.Payments.Channels;
using Ncn.Protocol;
using Ncn.Serving.Batches;
using Ncn.Serving.Payments;

namespace Ncn.Serving.Tests.Payments;

/// <summary>A payer's caps for single models bind its batches too.</summary>
public sealed class BatchPolicyTests
{
    [Fact]
    public async Task A_line_of_a_batch_is_held_to_the_caps_of_its_model()
    {
        using var gateway = new MemoryGateway();
        var channel = gateway.ClientChannel.Id(gateway.Identity.PaymentsDomain);
        var cap = new ModelCap("tiny-chat", new(10), new(10));
        var policy = new SpendPolicy(channel, gateway.Client.Address, 1, ulong.MaxValue, SpendPolicy.NoCap, SpendPolicy.NoCap, ListedOnly: false, [cap]);
        await gateway.ClientLedger.SetPolicyAsync(new PolicyCall(gateway.ClientChannel, gateway.Client.Sign(policy, gateway.Identity.NetworkDomain)));
        var batch = MemoryGateway.Request('b');
        await gateway.Gate.HoldAsync(
            new HoldCall(batch, new(1_000), TimeSpan.FromMinutes(2)) { IsRepeatable = true, IsQueued = true },
            new ClientPayment.Voucher(gateway.Voucher(10_000), IsStrict: false, Deposit: null), default);
        var body = Encoding.UTF8.GetBytes("""{"model":"tiny-chat","messages":[{"role":"user","content":"hello"}],"max_tokens":5}""");
        var work = new BatchWork(batch, 1, [new BatchLine("a", body)], [new(500)]);
        var spec = new BatchSpec(
            BatchObject.IdOf(batch), "anonymous", "/v1/chat/completions", "file-1", "24h", 1, default, channel, new(1_000), MemoryActors.Now + 3_600_000, null);

        var answer = await gateway.Get<BatchLines>().BeginAsync(spec, work, 0);

        Assert.Equal(402, answer!.StatusCode);
        Assert.Contains(nameof(ChannelOutcome.PolicyRequestCap), answer.Body, StringComparison.Ordinal);
    }
}
