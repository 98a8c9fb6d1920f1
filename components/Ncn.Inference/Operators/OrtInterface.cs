using System.Runtime.InteropServices;
using System.Text;

namespace Ncn.Inference.Operators;

/// <summary>
/// What an operator of our own needs of ONNX Runtime's C interface, which the managed package keeps to itself. A function's place in the
/// table never changes: newer versions add theirs at the end (onnxruntime_c_api.h).
/// </summary>
internal static unsafe partial class OrtInterface
{
    /// <summary>The version that has all that is used here; the library answers with null when it is older.</summary>
    private const uint Version = 17;

    private const int Fail = 1;

    private static readonly nint* Functions = Load();

    /// <summary>False when the library is older than <see cref="Version"/>, or cannot be asked.</summary>
    public static bool IsThere => Functions is not null;

    /// <summary>A domain of operators; lives as long as the process.</summary>
    public static nint CreateDomain(ReadOnlySpan<byte> name)
    {
        nint domain;
        fixed (byte* text = name)
        {
            Check(((delegate* unmanaged[Cdecl]<byte*, nint*, nint>)Functions[26])(text, &domain));
        }

        return domain;
    }

    public static void AddOperator(nint domain, nint description) => Check(((delegate* unmanaged[Cdecl]<nint, nint, nint>)Functions[27])(domain, description));

    public static void AddDomain(nint sessionOptions, nint domain) => Check(((delegate* unmanaged[Cdecl]<nint, nint, nint>)Functions[28])(sessionOptions, domain));

    /// <summary>A node's attribute.</summary>
    public static long Integer(nint kernelInfo, ReadOnlySpan<byte> name)
    {
        long value;
        fixed (byte* text = name)
        {
            Check(((delegate* unmanaged[Cdecl]<nint, byte*, long*, nint>)Functions[86])(kernelInfo, text, &value));
        }

        return value;
    }

    /// <summary>A node's attribute; 0 when it has none of that name.</summary>
    public static float NumberOrZero(nint kernelInfo, ReadOnlySpan<byte> name)
    {
        float value = 0;
        fixed (byte* text = name)
        {
            nint status = ((delegate* unmanaged[Cdecl]<nint, byte*, float*, nint>)Functions[85])(kernelInfo, text, &value);
            if (status != 0)
            {
                ((delegate* unmanaged[Cdecl]<nint, void>)Functions[93])(status);
                return 0;
            }
        }

        return value;
    }

    /// <summary>An input of the node that runs; 0 when it has none there.</summary>
    public static nint Input(nint context, int index)
    {
        nint value;
        Check(((delegate* unmanaged[Cdecl]<nint, nuint, nint*, nint>)Functions[90])(context, (nuint)index, &value));
        return value;
    }

    /// <summary>An output of the node that runs, of this shape.</summary>
    public static nint Output(nint context, int index, ReadOnlySpan<long> shape)
    {
        nint value;
        fixed (long* sizes = shape)
        {
            Check(((delegate* unmanaged[Cdecl]<nint, nuint, long*, nuint, nint*, nint>)Functions[91])(context, (nuint)index, sizes, (nuint)shape.Length, &value));
        }

        return value;
    }

    /// <summary>A tensor's numbers.</summary>
    public static void* Data(nint tensor)
    {
        void* data;
        Check(((delegate* unmanaged[Cdecl]<nint, void**, nint>)Functions[51])(tensor, &data));
        return data;
    }

    /// <summary>A tensor's shape; returns how many sizes it has, of which those that fit are written.</summary>
    public static int Shape(nint tensor, Span<long> sizes)
    {
        nint shape;
        Check(((delegate* unmanaged[Cdecl]<nint, nint*, nint>)Functions[65])(tensor, &shape));
        nuint count;
        nint problem = ((delegate* unmanaged[Cdecl]<nint, nuint*, nint>)Functions[61])(shape, &count);
        if (problem == 0)
        {
            fixed (long* first = sizes)
            {
                problem = ((delegate* unmanaged[Cdecl]<nint, long*, nuint, nint>)Functions[62])(shape, first, Math.Min(count, (nuint)sizes.Length));
            }
        }

        ((delegate* unmanaged[Cdecl]<nint, void>)Functions[99])(shape);
        Check(problem);
        return (int)count;
    }

    /// <summary>Calls <paramref name="part"/> with 0 to <paramref name="parts"/> - 1, on the session's threads.</summary>
    public static void InParallel(nint context, delegate* unmanaged[Cdecl]<void*, nuint, void> part, int parts, void* data) => Check(
        ((delegate* unmanaged[Cdecl]<nint, delegate* unmanaged[Cdecl]<void*, nuint, void>, nuint, nuint, void*, nint>)Functions[274])(context, part, (nuint)parts, 0, data));

    /// <summary>What a callback returns when it could not do its work.</summary>
    public static nint Failure(string message)
    {
        byte[] text = [.. Encoding.UTF8.GetBytes(message), 0];
        fixed (byte* first = text)
        {
            return ((delegate* unmanaged[Cdecl]<int, byte*, nint>)Functions[0])(Fail, first);
        }
    }

    private static void Check(nint status)
    {
        if (status != 0)
        {
            string message = Marshal.PtrToStringUTF8(((delegate* unmanaged[Cdecl]<nint, nint>)Functions[2])(status)) ?? "";
            ((delegate* unmanaged[Cdecl]<nint, void>)Functions[93])(status);
            throw new InvalidOperationException($"ONNX Runtime: {message}");
        }
    }

    private static nint* Load()
    {
        try
        {
            nint* library = OrtGetApiBase();
            return library is null ? null : (nint*)((delegate* unmanaged[Cdecl]<uint, nint>)library[0])(Version);
        }
        catch (Exception exception) when (exception is DllNotFoundException or EntryPointNotFoundException or BadImageFormatException)
        {
            return null;
        }
    }

    [LibraryImport("onnxruntime")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.AssemblyDirectory | DllImportSearchPath.SafeDirectories)]
    private static partial nint* OrtGetApiBase();
}
