using System.Text;
using Google.Protobuf;
using Ncn.Tests.Models.Onnx;
using static Ncn.Tests.Models.Onnx.AttributeProto.Types;

namespace Ncn.Tests.Models;

/// <summary>A node's attributes, one factory per type.</summary>
public static class NodeOption
{
    public static AttributeProto Of(string name, long value) => new() { Name = name, Type = AttributeType.Int, I = value };

    public static AttributeProto Of(string name, float value) => new() { Name = name, Type = AttributeType.Float, F = value };

    public static AttributeProto Of(string name, string value) =>
        new() { Name = name, Type = AttributeType.String, S = ByteString.CopyFrom(value, Encoding.UTF8) };

    public static AttributeProto Of(string name, params long[] values) => new() { Name = name, Type = AttributeType.Ints, Ints = { values } };
}
