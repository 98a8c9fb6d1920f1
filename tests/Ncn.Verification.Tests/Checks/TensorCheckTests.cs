using Ncn.Protocol;
using Ncn.Verification.Checks;

namespace Ncn.Verification.Tests.Checks;

public sealed class TensorCheckTests : IDisposable
{
    private readonly AnswerForge _forge = new();

    public void Dispose() => _forge.Dispose();

    [Fact]
    public void Numbers_within_the_tolerance_pass_whatever_their_bits_are()
    {
        Assert.Equal(CheckOutcome.Passed, Judge([1, 2], [1, 2]));
        Assert.Equal(CheckOutcome.Passed, Judge([0, 0], [9e-7f, -9e-7f]));
        Assert.Equal(CheckOutcome.Passed, Judge([1000, float.NaN], [1000.0001f, float.NaN]));
        Assert.Equal(CheckOutcome.Passed, Judge([float.PositiveInfinity, -0f], [float.PositiveInfinity, 0f]));
    }

    [Theory]
    [InlineData(0, 2e-6f)]
    [InlineData(1, 1.00001f)]
    [InlineData(1, float.NaN)]
    [InlineData(float.PositiveInfinity, float.NegativeInfinity)]
    [InlineData(float.NaN, 0)]
    public void Numbers_beyond_it_fail(float stated, float found)
    {
        CheckOutcome outcome = Judge([stated, 2], [found, 2]);
        Assert.Equal((CheckResult.Failed, CheckReason.Values, 1000L), (outcome.Result, outcome.Reason, outcome.Allowed));
        Assert.True(outcome.Measured > 1000);
    }

    [Fact]
    public void Outputs_must_have_the_models_form()
    {
        Assert.Equal(CheckReason.Shape, Judge([1, 2], [1, 2, 3, 4]).Reason);
        Assert.Equal(CheckReason.Shape, Judge(AnswerForge.Tensor(1, 2), AnswerForge.Rerun(1, 2) with { Outputs = [AnswerForge.Tensor(1, 2) with { Name = "z" }] }).Reason);
        Assert.Equal(CheckReason.Counts, Judge(AnswerForge.Tensor(1, 2), AnswerForge.Rerun(1, 2) with { Rows = 3 }).Reason);
        Assert.Equal(CheckReason.Counts, Judge(AnswerForge.Tensor(1, 2), AnswerForge.Rerun(1, 2) with { PromptTokens = 3 }).Reason);
        Assert.Equal(CheckOutcome.NoAnswer, Judge(AnswerForge.Tensor(1, 2), AnswerForge.Rerun(1, 2) with { Outputs = [] }));
        Assert.Equal(CheckOutcome.NoAnswer, TensorCheck.Judge(_forge.Tensors(), null, AnswerForge.Rerun(1, 2), AnswerForge.Domain));
    }

    [Fact]
    public void The_answer_must_be_the_one_that_was_signed() => Assert.Equal(
        new CheckOutcome(CheckResult.Missing, CheckReason.OtherAnswer),
        TensorCheck.Judge(_forge.Tensors() with { Output = [new OutputPiece([], "", [1])] }, [AnswerForge.Tensor(1, 2)], AnswerForge.Rerun(1, 2), AnswerForge.Domain));

    [Fact]
    public void A_pair_of_providers_that_was_not_measured_is_no_pass_even_for_equal_bits()
    {
        Assert.Equal(CheckOutcome.Unchecked(CheckReason.NotCalibrated), Judge(AnswerForge.Tensor(1, 2), AnswerForge.Rerun(1, 2) with { StatedProvider = "CUDA" }));
        Assert.Equal(CheckOutcome.Unchecked(CheckReason.NotCalibrated), Judge(AnswerForge.Tensor(1, 2), AnswerForge.Rerun(1, 2) with { Tolerances = null }));
    }

    [Theory]
    [InlineData(TensorDatatype.INT64, new byte[] { 5, 0, 0, 0, 0, 0, 0, 0 }, new byte[] { 6, 0, 0, 0, 0, 0, 0, 0 }, 1_000_000_000L)]
    [InlineData(TensorDatatype.FP16, new byte[] { 0, 0x3C }, new byte[] { 0, 0x40 }, 1_000_000_000L)]
    [InlineData(TensorDatatype.BF16, new byte[] { 0x80, 0x3F }, new byte[] { 0, 0x40 }, 1_000_000_000L)]
    [InlineData(TensorDatatype.INT8, new byte[] { 0xFF }, new byte[] { 1 }, 2_000_000_000L)]
    [InlineData(TensorDatatype.BYTES, new byte[] { 1, 0, 0, 0, 65 }, new byte[] { 1, 0, 0, 0, 66 }, long.MaxValue)]
    public void Every_type_has_its_numbers(TensorDatatype datatype, byte[] stated, byte[] found, long apart) =>
        Assert.Equal(apart, TensorDistance.Largest(new TensorValue("y", datatype, [1], stated), new TensorValue("y", datatype, [1], found), 0));

    private CheckOutcome Judge(float[] stated, float[] found) => Judge(AnswerForge.Tensor(stated), AnswerForge.Rerun(found));

    private CheckOutcome Judge(TensorValue stated, Rerun rerun) => TensorCheck.Judge(_forge.Tensors(), [stated], rerun, AnswerForge.Domain);
}
