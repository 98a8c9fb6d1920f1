using Ncn.Verification.Checks;

namespace Ncn.Verification.Tests.Checks;

public sealed class ModelTolerancesTests
{
    [Theory]
    [InlineData("null", "null")]
    [InlineData("{", "JSON")]
    [InlineData("""{"model":"m","version":"1"}""", "pairs")]
    [InlineData("""{"model":"m","version":"1","pairs":[null]}""", "empty")]
    [InlineData("""{"model":"m","version":"1","pairs":[{"stated":"CPU","found":"CPU","samples":1},{"stated":"CPU","found":"CPU","samples":1}]}""", "twice")]
    [InlineData("""{"model":"m","version":"1","pairs":[{"stated":"CPU","found":"CPU","samples":1,"text":{"logprob":-1,"margin":1,"doubtsPerMillion":1}}]}""", "negative")]
    public void A_file_that_cannot_be_right_is_refused(string json, string problem)
    {
        Assert.Null(ModelTolerances.Parse(json, out string? found));
        Assert.Contains(problem, found, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void What_was_measured_for_each_pair_is_read()
    {
        ModelTolerances read = ModelTolerances.Parse(
            """{"model":"m","version":"1","pairs":[{"stated":"CPU","found":"CPU","samples":3,"text":{"logprob":4,"margin":1024,"doubtsPerMillion":50},"outputs":[]}]}""", out _)!;
        Assert.Equal(new TextTolerance(4, 1024, 50), Assert.Single(read.Pairs).Text);
        Assert.Equal((1, 2, 2), ((int)read.Pairs[0].Text!.DoubtsIn(0), (int)read.Pairs[0].Text!.DoubtsIn(64), (int)read.Pairs[0].Text!.DoubtsIn(20_000)));
    }
}
