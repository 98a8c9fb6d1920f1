using Ncn.ComputeWorker.Jobs;

namespace Ncn.ComputeWorker.Tests.Jobs;

public sealed class WireJsonTests
{
    private const string Parts = "\"signature\":\"0x\"";

    [Theory]
    [InlineData(64 * 1024)]
    [InlineData(60 * 1024 * 1024)]
    public void A_job_longer_than_any_job_is_not_parsed(int spaces)
    {
        var refusal = Assert.Throws<JobRefusedException>(() => WireJson.ReadJob(new string(' ', spaces) + "{}"));
        Assert.Equal(JobRefusalReason.Invalid, refusal.Reason);
        Assert.Contains("at most 65536", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("null")]
    [InlineData("{\"message\":null," + Parts + "}")]
    [InlineData("{\"message\":\"\\ud800\"," + Parts + "}")]
    [InlineData("{\"message\":{\"seed\":18446744073709551616}," + Parts + "}")]
    public void A_job_that_lacks_a_part_is_refused(string json) =>
        Assert.Equal(JobRefusalReason.Invalid, Assert.Throws<JobRefusedException>(() => WireJson.ReadJob(json)).Reason);

    [Theory]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("{\"channelConfig\":null,\"voucher\":null}")]
    public void A_payment_that_lacks_a_part_is_refused(string json) =>
        Assert.Equal(JobRefusalReason.Invalid, Assert.Throws<JobRefusedException>(() => WireJson.ReadPayment(json)).Reason);
}
