using System.Reflection;
using System.Text;

namespace Dapr.Actors.Communication;

/// <summary>The integers that name interfaces and methods on the wire: the low 32 bits of a CRC-64 of their names.</summary>
internal static class RemotingId
{
    internal static int Of(Type type) => Of(type.Namespace + type.Name);

    internal static int Of(MethodInfo method) => Of(method.DeclaringType!.Name + method.DeclaringType.Namespace + method.Name);

    private static int Of(string name) => unchecked((int)Crc64.Compute(Encoding.UTF8.GetBytes(name)));
}
