using Google.Protobuf;
using Ncn.ComputeWorker.Jobs;
using Ncn.ComputeWorker.Sealing;
using Ncn.Payments.Pricing;
using Ncn.Protocol.Grpc;
using Ncn.Protocol.Sealing;

namespace Ncn.ComputeWorker.Tests.Sealing;

/// <summary>What is sealed is held to what it was priced by; going beyond is its sender's fault.</summary>
public sealed class SealedInputsTests
{
    private static readonly SealedInput Input = new() { Ciphertext = ByteString.CopyFrom(new byte[90]), MaxTokens = 5 };

    [Fact]
    public void What_the_price_covers_is_taken()
    {
        Assert.Equal(184u, SealedRequest.MostPromptTokens(90));
        SealedInputs.CheckSize(Input, new Usage(184, 5, 0));
        SealedInputs.CheckSize(Input, new Usage(184, 0, 5));
    }

    [Theory]
    [InlineData(0, 6, 0)]
    [InlineData(0, 0, 6)]
    [InlineData(185, 5, 0)]
    public void What_goes_beyond_is_the_senders_fault(uint prompt, uint completion, uint rows) => Assert.Equal(
        JobRefusalReason.Invalid,
        Assert.Throws<JobRefusedException>(() => SealedInputs.CheckSize(Input, new Usage(prompt, completion, rows))).Reason);
}
