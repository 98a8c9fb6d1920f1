using Grpc.Core;
using Ncn.Protocol;
using Ncn.Protocol.Grpc;

namespace Ncn.ComputeWorker.Tests.Direct;

/// <summary>What a re-run on another worker says of honest answers, and of all kinds of dishonest ones.</summary>
[Collection(NetworkGroup.Name)]
public sealed class FingerprintTests(AuditFixture audit) : IClassFixture<AuditFixture>
{
    /// <summary>
    /// In 1/4096 nat. On one execution provider the largest difference that was measured is 1, and most are 0: a re-run reads in one
    /// pass what the node wrote token by token, which can round the last bit of a logit otherwise.
    /// </summary>
    private const long Tolerance = 4;

    /// <summary>Models that differ in their weights alone are further apart than this, in 1/4096 nat: half a nat.</summary>
    private const long Strange = 2048;

    [Theory]
    [InlineData(1, 1)]
    [InlineData(16, 1)]
    [InlineData(17, 0)]
    [InlineData(100, 1)]
    public async Task An_honest_answer_has_the_same_fingerprints_at_another_node(uint maxTokens, float temperature)
    {
        byte[] input = AuditFixture.Prompt(maxTokens, temperature);
        Signed<InferenceJob> job = audit.Job(input);
        Delivery delivery = await audit.RunAsync(job, input);
        FingerprintSet found = await audit.AuditAsync(job, input, delivery.Tokens);
        AssertHonest(delivery.Fingerprints, found);
        Assert.Null(found.Problem(new FingerprintPositions(job.Message.StructHash()), delivery.Tokens));
        Assert.Equal((int)Math.Min(maxTokens, delivery.Tokens.Length), (int)delivery.Receipt.Message.CompletionTokens);
    }

    [Fact]
    public async Task Sampling_options_change_the_tokens_and_not_what_the_model_says_of_them()
    {
        byte[] hot = AuditFixture.Prompt(60, temperature: 2);
        Signed<InferenceJob> job = audit.Job(hot);
        Delivery delivery = await audit.RunAsync(job, hot);
        byte[] cold = AuditFixture.Prompt(60, temperature: 0);
        Signed<InferenceJob> coldJob = audit.Gateway.Sign(job.Message with { InputHash = Ncn.Protocol.Cryptography.Keccak256.Of(cold) });

        // The re-run of the same tokens under another temperature: other positions, since it is another job, and the same numbers there.
        FingerprintSet found = await audit.AuditAsync(coldJob, cold, delivery.Tokens);
        var hotAtCold = await audit.AuditAsync(job, hot, delivery.Tokens);
        AssertHonest(delivery.Fingerprints, hotAtCold);
        foreach ((Fingerprint one, Fingerprint other) in
            found.Fingerprints.Join(delivery.Fingerprints.Fingerprints, at => at.Position, at => at.Position, (one, other) => (one, other)))
        {
            AssertHonest(FingerprintSet.Of([one]), FingerprintSet.Of([other]));
        }
    }

    [Fact]
    public async Task A_continuation_has_the_fingerprints_of_its_own_tokens()
    {
        byte[] input = AuditFixture.Prompt(50);
        Delivery whole = await audit.RunAsync(audit.Job(input, seed: 7), input);
        for (int committed = 1; committed < whole.Tokens.Length; committed += 13)
        {
            byte[] rest = AuditFixture.Prompt(50, 1, whole.Tokens[..committed]);
            Signed<InferenceJob> job = audit.Job(rest, seed: 7);
            Delivery delivery = await audit.RunAsync(job, rest);
            Assert.Equal(whole.Tokens[committed..], delivery.Tokens);
            Assert.Equal((uint)(whole.Tokens.Length - committed), delivery.Receipt.Message.CompletionTokens);
            Assert.Equal(whole.Receipt.Message.PromptTokens, delivery.Receipt.Message.PromptTokens);
            AssertHonest(delivery.Fingerprints, await audit.AuditAsync(job, rest, delivery.Tokens));
        }
    }

    [Fact]
    public async Task A_continuation_with_nothing_left_is_one_signed_chunk_without_evidence()
    {
        byte[] input = AuditFixture.Prompt(5);
        Delivery whole = await audit.RunAsync(audit.Job(input), input);
        byte[] rest = AuditFixture.Prompt((uint)whole.Tokens.Length, 1, whole.Tokens);
        Signed<InferenceJob> job = audit.Job(rest);
        Delivery delivery = await audit.RunAsync(job, rest);
        Assert.False(Assert.Single(delivery.Chunks).Commitment.IsEmpty);
        Assert.Equal((0u, default(Hash32)), (delivery.Receipt.Message.CompletionTokens, delivery.Receipt.Message.FingerprintRoot));
        Assert.Empty((await audit.AuditAsync(job, rest, [])).Fingerprints);
    }

    [Fact]
    public async Task A_cancelled_answer_has_the_fingerprints_of_what_was_delivered()
    {
        byte[] input = AuditFixture.Prompt(220);
        Signed<InferenceJob> job = audit.Job(input);
        Delivery delivery = await audit.RunAsync(job, input, async chunk =>
        {
            if (chunk.Index == 0)
            {
                await audit.Runner.Compute.StopAsync(
                    new StopRequest { RequestId = Google.Protobuf.ByteString.CopyFrom(job.Message.RequestId.Value.ToArray()), Attempt = job.Message.Attempt });
            }
        });
        AssertHonest(delivery.Fingerprints, await audit.AuditAsync(job, input, delivery.Tokens));
    }

    [Fact]
    public async Task A_node_that_runs_another_model_is_told_apart()
    {
        byte[] input = AuditFixture.Prompt(100);
        Signed<InferenceJob> job = audit.Job(input);
        (int[] tokens, FingerprintSet stated) = await audit.CheatAsync(job.Message, input);
        Assert.Null(stated.Problem(new FingerprintPositions(job.Message.StructHash()), tokens));
        FingerprintDistance distance = FingerprintDistance.Between(stated, await audit.AuditAsync(job, input, tokens));
        Assert.Equal(FingerprintMatch.SameAnswer, distance.Match);
        Assert.True(distance.Largest > Strange, distance.ToString());
    }

    [Fact]
    public async Task A_tampered_token_is_told_apart_wherever_it_stands()
    {
        byte[] input = AuditFixture.Prompt(60);
        Signed<InferenceJob> job = audit.Job(input);
        Delivery delivery = await audit.RunAsync(job, input);
        int chosen = delivery.Fingerprints.Fingerprints[1].Position;
        foreach (int position in new[] { chosen, chosen - 1 })
        {
            int[] tampered = [.. delivery.Tokens];
            tampered[position] = (tampered[position] + 1) % 256;
            FingerprintDistance distance = FingerprintDistance.Between(delivery.Fingerprints, await audit.AuditAsync(job, input, tampered));
            Assert.False(distance.IsWithin(Tolerance), $"{position}: {distance}");
        }
    }

    [Fact]
    public async Task Strangers_and_calls_that_do_not_fit_are_refused()
    {
        byte[] input = AuditFixture.Prompt(20);
        Signed<InferenceJob> job = audit.Job(input);
        int[] tokens = (await audit.RunAsync(job, input)).Tokens;

        await RefusedAsync(StatusCode.Unauthenticated, "may not ask", job, call => Sign(call with { Caller = audit.Runner.Address }));
        await RefusedAsync(StatusCode.Unauthenticated, "not signed by its caller", job, call => Sign(call) with { Message = call with { IssuedAt = call.IssuedAt + 1 } });
        await RefusedAsync(StatusCode.Unauthenticated, "is for node", job, call => Sign(call with { Node = audit.Runner.Address }));
        await RefusedAsync(StatusCode.Unauthenticated, "and job", job, call => Sign(call with { JobHash = default }));
        await RefusedAsync(StatusCode.Unauthenticated, "issued at", job, call => Sign(call with { IssuedAt = call.IssuedAt - 61_000 }));
        await RefusedAsync(StatusCode.Unauthenticated, "issued at", job, call => Sign(call with { IssuedAt = call.IssuedAt + 120_000 }));
        await RefusedAsync(StatusCode.Unauthenticated, "not signed by its gateway", job with { Message = job.Message with { Seed = 9 } });
        await RefusedAsync(StatusCode.NotFound, "is loaded here", audit.Gateway.Sign(job.Message with { ModelDigest = default }));
        await RefusedAsync(StatusCode.Unauthenticated, "input's hash", audit.Gateway.Sign(job.Message with { InputHash = default }));
        await RefusedAsync(StatusCode.InvalidArgument, "token ids", job, tokens: [320]);
        await RefusedAsync(StatusCode.InvalidArgument, "token ids", job, tokens: [-1]);
        await RefusedAsync(StatusCode.InvalidArgument, "max_tokens", job, tokens: new int[21]);
        await RefusedAsync(StatusCode.InvalidArgument, "does not take", audit.Gateway.Sign(job.Message with { ModelDigest = audit.Auditor.Offer("mlp").Digest }));

        FingerprintRequest unreadable = audit.Call(job, input, tokens);
        unreadable.CallerJson = "{}";
        Assert.Equal(StatusCode.InvalidArgument, (await audit.RefusedAsync(unreadable)).StatusCode);

        async Task RefusedAsync(
            StatusCode status, string expected, Signed<InferenceJob> asked, Func<FingerprintCall, Signed<FingerprintCall>>? sign = null, int[]? tokens = null)
        {
            RpcException refusal = await audit.RefusedAsync(audit.Call(asked, input, tokens ?? [1, 2, 3], sign));
            Assert.True(status == refusal.StatusCode, refusal.Status.ToString());
            Assert.Contains(expected, refusal.Status.Detail, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task One_answer_is_re_run_at_a_time_and_a_gateway_may_ask_too()
    {
        byte[] input = AuditFixture.Prompt(20);
        Signed<InferenceJob> job = audit.Job(input);
        int[] tokens = (await audit.RunAsync(job, input)).Tokens;
        FingerprintRequest request = audit.Call(job, input, tokens, audit.Gateway.Ask);
        using (audit.Auditor.Fingerprints.Turn.TryEnter())
        {
            RpcException refusal = await audit.RefusedAsync(request);
            Assert.Equal(StatusCode.ResourceExhausted, refusal.StatusCode);
        }

        Assert.Equal(Hash32.Size, (await audit.Auditor.Compute.FingerprintAsync(request)).Root.Length);
        Assert.Equal(1, audit.Auditor.Fingerprints.Turn.Free);
    }

    private Signed<FingerprintCall> Sign(FingerprintCall call) => audit.Sign(audit.Validator, call);

    private static void AssertHonest(FingerprintSet stated, FingerprintSet found)
    {
        FingerprintDistance distance = FingerprintDistance.Between(stated, found);
        Assert.True(distance.IsWithin(Tolerance), distance.ToString());
    }
}
