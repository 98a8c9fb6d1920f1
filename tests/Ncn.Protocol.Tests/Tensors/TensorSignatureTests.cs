using System.Buffers.Binary;

namespace Ncn.Protocol.Tests.Tensors;

public sealed class TensorSignatureTests
{
    private static readonly TensorSignature Signature = new(
        [new TensorSpec("image", "FP32", [-1, 2]), new TensorSpec("name", "BYTES", [1])], [new TensorSpec("out", "FP32", [-1])]);

    private static readonly TensorValue Image = new("image", TensorDatatype.FP32, [3, 2], new byte[24]);
    private static readonly TensorValue Name = new("name", TensorDatatype.BYTES, [1], TensorValue.FromByteElements(["x"u8.ToArray()]));

    [Fact]
    public void A_request_that_fits_has_no_problem() => Assert.Null(Signature.Problem([Image, Name], 3, 1000));

    [Fact]
    public void Each_misfit_is_named()
    {
        Refused("no input named 'other'", Image with { Name = "other" }, Name);
        Refused("needed exactly once and came 0 times", Name);
        Refused("needed exactly once and came 2 times", Image, Image, Name);
        Refused("datatype INT64, and the model takes FP32", Image with { Datatype = TensorDatatype.INT64 }, Name);
        Refused("shape [3,3], and the model takes [-1,2]", Image with { Shape = [3, 3] }, Name);
        Refused("shape [3], and the model takes [-1,2]", Image with { Shape = [3] }, Name);
        Refused("shape [0,2]", Image with { Shape = [0, 2], Data = default }, Name);
        Refused("shape [-1,2]", Image with { Shape = [-1, 2] }, Name);
        Refused("which no request can fill", Image with { Shape = [long.MaxValue, 2] }, Name);
        Refused("needs 24 bytes by its shape, and its data has 23", Image with { Data = new byte[23] }, Name);
        Refused("at most 3 in one request", Image with { Shape = [4, 2], Data = new byte[32] }, Name);
        Refused("a broken list of them", Image, Name with { Data = new byte[] { 255, 255, 255, 255, 1 } });
        Refused("needs 1 elements by its shape, and its data holds 2", Image, Name with { Data = TensorValue.FromByteElements([[1], [2]]) });
    }

    [Theory]
    [InlineData(0, 1, null)]
    [InlineData(1, 2, "the value 2 at element 1, and a BOOL is 0 or 1")]
    [InlineData(255, 0, "the value 255 at element 0, and a BOOL is 0 or 1")]
    public void What_no_bool_is_is_refused(byte first, byte second, string? words)
    {
        var signature = new TensorSignature([new TensorSpec("flag", "BOOL", [-1])], [new TensorSpec("out", "BOOL", [-1])]);
        string? problem = signature.Problem([new TensorValue("flag", TensorDatatype.BOOL, [2], new[] { first, second })], 3, 1000);
        Assert.Equal(words is null, problem is null);
        Assert.Contains(words ?? "", problem ?? "", StringComparison.Ordinal);
    }

    [Fact]
    public void Bytes_that_are_no_text_are_refused()
    {
        Refused("element 0 of input 'name' is no UTF-8 text", Image, Name with { Data = TensorValue.FromByteElements([[0xC3, 0x28]]) });
        Assert.Null(Signature.Problem([Image, Name with { Data = TensorValue.FromByteElements(["\0 é 🐢"u8.ToArray()]) }], 3, 1000));
    }

    [Fact]
    public void An_output_is_asked_for_once() => Assert.Contains("twice", Signature.OutputProblem(["out", "out"]), StringComparison.Ordinal);

    [Fact]
    public void More_bytes_than_allowed_are_refused() => Assert.Contains("29 bytes", Signature.Problem([Image, Name], 3, 28), StringComparison.Ordinal);

    [Fact]
    public void An_unknown_output_is_named() => Assert.Contains("'nope'", Signature.OutputProblem(["out", "nope"]), StringComparison.Ordinal);

    [Fact]
    public void Byte_elements_survive_their_raw_form()
    {
        byte[][] elements = [[], [1], [2, 3, 4]];
        var tensor = new TensorValue("b", TensorDatatype.BYTES, [3], TensorValue.FromByteElements(elements));
        Assert.Equal(elements, tensor.ByteElements()!.Select(element => element.ToArray()));
        Assert.Equal(1, BinaryPrimitives.ReadInt32LittleEndian(tensor.Data.Span[4..]));
    }

    private static void Refused(string words, params TensorValue[] inputs) =>
        Assert.Contains(words, Signature.Problem(inputs, 3, 1000), StringComparison.Ordinal);
}
