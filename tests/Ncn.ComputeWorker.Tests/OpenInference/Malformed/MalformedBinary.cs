using System.Buffers.Binary;
using System.Text;

namespace Ncn.ComputeWorker.Tests.OpenInference.Malformed;

/// <summary>Infer requests with tensors in binary form whose sizes lie, and HTTP that is wrong itself.</summary>
internal static class MalformedBinary
{
    private const string Mlp = "/v2/models/mlp/infer";
    private const string Words = "/v2/models/words/infer";

    /// <summary>The next wrong request in binary form.</summary>
    public static MalformedCall Next(Random random) => random.Next(5) switch
    {
        0 => HeaderLie(random),
        1 => SizeLie(random),
        2 => LengthLie(random),
        3 => ElementLie(random),
        _ => new MalformedCall.Rest("both data and bytes", Mlp, Join(MalformedJson.Tensor(more: ",\"parameters\":{\"binary_data_size\":16}"), new byte[16], out string length), "application/octet-stream", length),
    };

    /// <summary>The next call that is wrong as HTTP.</summary>
    public static MalformedCall NextHttp(Random random)
    {
        byte[] good = Encoding.UTF8.GetBytes(MalformedJson.Tensor());
        return random.Next(7) switch
        {
            0 => new MalformedCall.Rest("another media type", Mlp, good, MalformedJson.Pick(random, "text/plain", "text/json", "image/png", "application/xml", "x", "application/json; charset=latin1")),
            1 => new MalformedCall.Rest("compressed", Mlp, good, Encoding: MalformedJson.Pick(random, "gzip", "br", "deflate")),
            2 => new MalformedCall.Rest("unknown path", MalformedJson.Pick(random, "/v2/x", "/v2/models", "/v2/models/mlp/infer/x", "/v2//infer", $"/v2/models/{MalformedJson.Letters(random, 2000)}/infer", "/v2/models/..%2f..%2fetc/infer"), good),
            3 => new MalformedCall.Rest("another method", Mlp, good, Method: MalformedJson.Pick(random, "PUT", "DELETE", "PATCH", "OPTIONS")),
            4 => new MalformedCall.Rest("too large", Mlp, new byte[OperatorFixture.MaxBytes + random.Next(1, 10_000)]),
            5 => new MalformedCall.Socket("truncated body", Raw(good[..random.Next(good.Length)], $"Content-Length: {good.Length}"), MayHangUp: true),
            _ => new MalformedCall.Socket("broken chunks", Raw(Encoding.ASCII.GetBytes(MalformedJson.Pick(random, "ZZ\r\n{}\r\n", "-1\r\n", "ffffffffffffffffff\r\n", "5 5\r\nabcde\r\n", "3\r\nabcdef\r\n0\r\n\r\n")), "Transfer-Encoding: chunked"), MayHangUp: true),
        };
    }

    private static MalformedCall.Rest HeaderLie(Random random)
    {
        byte[] body = Join(Declared("16"), new byte[16], out string length);
        int json = int.Parse(length, null);
        string lie = MalformedJson.Pick(
            random, $"{body.Length + random.Next(1, 1000)}", $"-{json}", "x", "", "99999999999999999999", $"{random.Next(json)}", $"{random.Next(json + 1, body.Length + 1)}", $"{json}.0", "0x10", "0");
        return new MalformedCall.Rest($"header says {lie} and JSON has {json}", Mlp, body, "application/octet-stream", lie);
    }

    private static MalformedCall.Rest SizeLie(Random random)
    {
        string size = MalformedJson.Pick(random, "15", "17", "0", "-16", "1e1", "16.5", "\"16\"", "null", "true", "9223372036854775807", "18446744073709551615", "2147483648");
        byte[] body = Join(Declared(size), new byte[MalformedJson.Pick(random, "a", "b") == "a" ? 16 : random.Next(17, 64)], out string length);
        return new MalformedCall.Rest($"binary_data_size {size} before {body.Length - int.Parse(length, null)} bytes", Mlp, body, "application/octet-stream", length);
    }

    /// <summary>Elements of BYTES whose length prefix leads astray, or that are not what a prompt must be.</summary>
    private static MalformedCall.Rest LengthLie(Random random)
    {
        byte[] content = random.Next(6) switch
        {
            0 => Element(random.Next(6, int.MaxValue), "abcde"),
            1 => Element(-random.Next(1, int.MaxValue), "abcde"),
            2 => Element(random.Next(0, 5), "abcde"),
            3 => [.. Element(1, "a"), .. Element(1, "b")],
            4 => new byte[random.Next(1, 4)],
            _ => [2, 0, 0, 0, 0xC3, 0x28],
        };
        string json = $$$"""{"inputs":[{"name":"text_input","shape":[1],"datatype":"BYTES","parameters":{"binary_data_size":{{{content.Length}}}}}],"parameters":{"max_tokens":1}}""";
        return new MalformedCall.Rest("BYTES whose lengths lie", Words, Join(json, content, out string length), "application/octet-stream", length);
    }

    /// <summary>One of the inputs of "every" has a byte too many, a byte too few, or a BOOL that is none.</summary>
    private static MalformedCall.Rest ElementLie(Random random)
    {
        var json = new StringBuilder();
        using var content = new MemoryStream();
        int wrong = random.Next(OperatorFixture.Datatypes.Length);
        for (int i = 0; i < OperatorFixture.Datatypes.Length; i++)
        {
            Ncn.Protocol.TensorDatatype datatype = OperatorFixture.Datatypes[i].Datatype;
            byte[] bytes = datatype == Ncn.Protocol.TensorDatatype.BYTES ? Element(1, "a") : new byte[Ncn.Protocol.TensorDatatypes.Width(datatype)];
            bytes = i != wrong ? bytes : datatype == Ncn.Protocol.TensorDatatype.BOOL ? [(byte)random.Next(2, 256)] : random.Next(2) == 0 ? bytes[..^1] : [.. bytes, 0];
            content.Write(bytes);
            json.Append(i == 0 ? "" : ",").Append(null, $$$"""{"name":"x_{{{datatype}}}","shape":[1],"datatype":"{{{datatype}}}","parameters":{"binary_data_size":{{{bytes.Length}}}}}""");
        }

        byte[] body = Join($$$"""{"inputs":[{{{json}}}],"parameters":{"binary_data_output":true}}""", content.ToArray(), out string length);
        return new MalformedCall.Rest($"{OperatorFixture.Datatypes[wrong].Datatype} of another size", "/v2/models/every/infer", body, "application/octet-stream", length);
    }

    private static string Declared(string size) =>
        $$$"""{"inputs":[{"name":"input","shape":[1,4],"datatype":"FP32","parameters":{"binary_data_size":{{{size}}}}}]}""";

    private static byte[] Element(int length, string text)
    {
        var prefix = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(prefix, length);
        return [.. prefix, .. Encoding.UTF8.GetBytes(text)];
    }

    private static byte[] Join(string json, byte[] content, out string length)
    {
        byte[] text = Encoding.UTF8.GetBytes(json);
        length = $"{text.Length}";
        return [.. text, .. content];
    }

    private static byte[] Raw(byte[] body, string header) =>
    [
        .. Encoding.ASCII.GetBytes($"POST {Mlp} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer {TestWorker.OperatorToken}\r\nContent-Type: application/json\r\n{header}\r\n\r\n"),
        .. body,
    ];
}
