using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Microsoft.ML.OnnxRuntime;

namespace Ncn.Inference.Operators;

/// <summary>A node of an own operator, within a session.</summary>
internal abstract class OwnNode
{
    /// <summary>Runs once, on a thread of the session. What it throws ends the session's run with an error.</summary>
    public abstract void Compute(nint context);
}

/// <summary>Operators of ONNX Runtime that are written here, in a domain of their own. They run on the CPU.</summary>
/// <remarks>The structure OrtCustomOp of onnxruntime_c_api.h, as of version 16. It is followed by what our callbacks have to know of an operator.</remarks>
internal static unsafe class OwnOperators
{
    public const string Domain = "ncn";

    /// <summary><see cref="AttentionNode"/>.</summary>
    public const string Attention = "GroupQueryAttention";

    /// <summary><see cref="GateNode"/>.</summary>
    public const string Gate = "GatedSilu";

    private const uint Version = 16;
    private const int Float = 1;
    private const int Int32 = 6;

    private static readonly Lazy<nint> Registered = new(Register);

    private static readonly Lazy<bool> Tried = new(OperatorTrial.Passes);

    /// <summary>False when this ONNX Runtime cannot have them, or they give other numbers than its own; and where vectors are so narrow that its own are quicker.</summary>
    public static bool AreThere => Vector256.IsHardwareAccelerated && Fma.IsSupported && OrtInterface.IsThere && Tried.Value;

    /// <summary>Makes them known to the sessions that are opened with these options.</summary>
    public static void AddTo(SessionOptions options) => OrtInterface.AddDomain(options.DangerousGetHandle(), Registered.Value);

    private static nint Register()
    {
        nint domain = OrtInterface.CreateDomain("ncn\0"u8);
        Description* attention = New("GroupQueryAttention\0"u8, inputs: 9, outputs: 3, static info => AttentionNode.Read(info));
        (attention->Optional, attention->Integers) = (0b1_1000_0110, 0b0_0110_0000);
        OrtInterface.AddOperator(domain, (nint)attention);
        Description* gate = New("GatedSilu\0"u8, inputs: 2, outputs: 1, static _ => new GateNode());
        gate->Optional = 0b10;
        OrtInterface.AddOperator(domain, (nint)gate);
        return domain;
    }

    /// <summary>Lives as long as the process.</summary>
    private static Description* New(ReadOnlySpan<byte> name, int inputs, int outputs, Func<nint, OwnNode> create)
    {
        var description = (Description*)NativeMemory.AllocZeroed((nuint)sizeof(Description));
        description->Version = Version;
        description->GetName = &GetName;
        description->GetProvider = &GetProvider;
        description->GetInputType = &GetInputType;
        description->GetInputCount = &GetInputCount;
        description->GetOutputType = &GetOutputType;
        description->GetOutputCount = &GetOutputCount;
        description->Destroy = &Destroy;
        description->GetInputKind = &GetInputKind;
        description->GetOutputKind = &GetNothing;
        description->GetInputMemory = &GetNothing;
        description->Create = &Create;
        description->Compute = &Compute;
        description->Name = Constant(name);
        (description->Inputs, description->Outputs) = (inputs, outputs);
        description->Maker = GCHandle.ToIntPtr(GCHandle.Alloc(create));
        return description;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static byte* GetName(Description* self) => self->Name;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static byte* GetProvider(Description* self) => Constant("CPUExecutionProvider\0"u8);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int GetInputType(Description* self, nuint index) => ((self->Integers >> (int)index) & 1) == 1 ? Int32 : Float;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static nuint GetInputCount(Description* self) => (nuint)self->Inputs;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int GetOutputType(Description* self, nuint index) => Float;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static nuint GetOutputCount(Description* self) => (nuint)self->Outputs;

    /// <summary>1: may be left out.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int GetInputKind(Description* self, nuint index) => (self->Optional >> (int)index) & 1;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int GetNothing(Description* self, nuint index) => 0;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static nint Create(Description* self, nint api, nint info, nint* kernel)
    {
        try
        {
            var maker = (Func<nint, OwnNode>)GCHandle.FromIntPtr(self->Maker).Target!;
            *kernel = GCHandle.ToIntPtr(GCHandle.Alloc(maker(info)));
            return 0;
        }
#pragma warning disable CA1031 // Nothing may be thrown into native code.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            return OrtInterface.Failure(exception.Message);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static nint Compute(nint kernel, nint context)
    {
        try
        {
            ((OwnNode)GCHandle.FromIntPtr(kernel).Target!).Compute(context);
            return 0;
        }
#pragma warning disable CA1031 // As above.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            return OrtInterface.Failure(exception.Message);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Destroy(nint kernel) => GCHandle.FromIntPtr(kernel).Free();

    /// <summary>The text of a literal, which lies where it is for as long as the process lives.</summary>
    private static byte* Constant(ReadOnlySpan<byte> text) => (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(text));

    [StructLayout(LayoutKind.Sequential)]
    private struct Description
    {
        public uint Version;
        public nint OldCreate;
        public delegate* unmanaged[Cdecl]<Description*, byte*> GetName;
        public delegate* unmanaged[Cdecl]<Description*, byte*> GetProvider;
        public delegate* unmanaged[Cdecl]<Description*, nuint, int> GetInputType;
        public delegate* unmanaged[Cdecl]<Description*, nuint> GetInputCount;
        public delegate* unmanaged[Cdecl]<Description*, nuint, int> GetOutputType;
        public delegate* unmanaged[Cdecl]<Description*, nuint> GetOutputCount;
        public nint OldCompute;
        public delegate* unmanaged[Cdecl]<nint, void> Destroy;
        public delegate* unmanaged[Cdecl]<Description*, nuint, int> GetInputKind;
        public delegate* unmanaged[Cdecl]<Description*, nuint, int> GetOutputKind;
        public delegate* unmanaged[Cdecl]<Description*, nuint, int> GetInputMemory;
        public fixed long Variadic[4];
        public delegate* unmanaged[Cdecl]<Description*, nint, nint, nint*, nint> Create;
        public delegate* unmanaged[Cdecl]<nint, nint, nint> Compute;
        public fixed long Later[16];

        /// <summary>Ours, from here on. A bit for each input that may be left out, and for each of int32.</summary>
        public int Optional;
        public int Integers;
        public int Inputs;
        public int Outputs;
        public byte* Name;
        public nint Maker;
    }
}
