// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title Subnets and the stake behind their operators
/// @notice Anyone may create a subnet and anyone may stake in it; the owner of a subnet sets its
/// parameters and can move nobody's stake. Amounts are atomic units of the subnet's stake token; times
/// are seconds.
/// @dev The address of this contract is the verifyingContract of every network message: EIP-712 domain
/// "NCN" version "2" (see eip712Domain, ERC-5267).
interface IValidatorRegistry {
    /// @notice What an operator does in a subnet. Stake is held per role, one never stands for another.
    enum Role {
        Gateway,
        Node,
        Validator
    }

    /// @notice What the owner of a subnet decides.
    /// @param minGatewayStake Stake from which a gateway counts as active.
    /// @param minNodeStake Stake from which a compute node counts as active.
    /// @param minValidatorStake Stake from which a validator counts as active.
    /// @param unbondingDelay Seconds from unbond to withdraw, within MIN_ and MAX_UNBONDING_DELAY.
    struct SubnetParameters {
        uint128 minGatewayStake;
        uint128 minNodeStake;
        uint128 minValidatorStake;
        uint40 unbondingDelay;
    }

    /// @notice A subnet.
    /// @param owner Who may change it.
    /// @param pendingOwner Who may become owner by accepting; zero when nobody was named.
    /// @param stakeToken ERC-20 of all stake in this subnet; never changes.
    /// @param name 1 to 64 bytes, never changes, not unique.
    struct Subnet {
        address owner;
        address pendingOwner;
        address stakeToken;
        string name;
        SubnetParameters parameters;
    }

    /// @notice An operator's stake in one role of one subnet.
    /// @param bonded Counts.
    /// @param unbonding Counts no more, and waits for `releaseAt`.
    /// @param releaseAt When unbonding stake can be withdrawn; zero when there is none.
    struct Stake {
        uint128 bonded;
        uint128 unbonding;
        uint40 releaseAt;
    }

    /// @notice A subnet came to be.
    event SubnetCreated(
        uint256 indexed subnetId,
        address indexed owner,
        address indexed stakeToken,
        string name,
        SubnetParameters parameters
    );
    /// @notice Its owner changed the parameters.
    event SubnetParametersChanged(uint256 indexed subnetId, SubnetParameters parameters);
    /// @notice Its owner named a new owner, who has not accepted yet.
    event SubnetOwnerNamed(uint256 indexed subnetId, address indexed pendingOwner);
    /// @notice The named owner accepted.
    event SubnetOwnerChanged(uint256 indexed subnetId, address indexed owner);
    /// @notice Bonded stake grew by `amount` to `bonded`.
    event Staked(
        uint256 indexed subnetId, Role indexed role, address indexed operator, uint128 amount, uint128 bonded
    );
    /// @notice `amount` left the bonded stake; all that is unbonding can be withdrawn from `releaseAt` on.
    event Unbonded(
        uint256 indexed subnetId,
        Role indexed role,
        address indexed operator,
        uint128 amount,
        uint128 bonded,
        uint40 releaseAt
    );
    /// @notice Unbonded stake went back to the operator.
    event StakeWithdrawn(
        uint256 indexed subnetId, Role indexed role, address indexed operator, uint128 amount
    );
    /// @notice `amount` came into a subnet's reward pool.
    event RewardsFunded(
        uint256 indexed subnetId, address indexed token, address indexed sender, uint256 amount
    );

    /// @notice No subnet has this id.
    error UnknownSubnet(uint256 subnetId);
    /// @notice Only the subnet's owner may do this.
    error NotSubnetOwner(uint256 subnetId, address caller);
    /// @notice Only the owner named by transferSubnet may accept.
    error NotPendingOwner(uint256 subnetId, address caller);
    /// @notice The name has no bytes, or more than 64.
    error InvalidSubnetName(uint256 length);
    /// @notice The stake token has no code.
    error InvalidStakeToken(address token);
    /// @notice The delay is not within MIN_UNBONDING_DELAY and MAX_UNBONDING_DELAY.
    error UnbondingDelayOutOfRange(uint40 unbondingDelay);
    /// @notice The amount is zero.
    error ZeroAmount();
    /// @notice The bonded stake would stay below the role's minimum.
    error StakeBelowMinimum(uint128 bonded, uint128 minimum);
    /// @notice More was asked for than is bonded.
    error AmountAboveBonded(uint128 requested, uint128 bonded);
    /// @notice Nothing is unbonding.
    error NothingUnbonding();
    /// @notice The stake can be withdrawn from `releaseAt` on.
    error StillUnbonding(uint40 releaseAt);
    /// @notice The token moved something else than the amount asked for.
    error TransferNotExact(address token, uint256 expected, uint256 received);

    /// @notice Creates a subnet owned by the caller. Ids count from 1.
    function createSubnet(string calldata name, address stakeToken, SubnetParameters calldata parameters)
        external
        returns (uint256 subnetId);

    /// @notice Replaces the parameters, at once. Stake that is unbonding keeps its release time.
    function setSubnetParameters(uint256 subnetId, SubnetParameters calldata parameters) external;

    /// @notice Names the next owner, or with zero takes the naming back.
    function transferSubnet(uint256 subnetId, address newOwner) external;

    /// @notice Makes the caller owner, if transferSubnet named it.
    function acceptSubnet(uint256 subnetId) external;

    /// @notice Bonds `amount`, pulled from the caller by allowance; the caller is the operator.
    function stake(uint256 subnetId, Role role, uint128 amount) external;

    /// @notice Takes `amount` out of the bonded stake; it can be withdrawn after the subnet's delay. Stake
    /// that was unbonding already waits with it.
    function unbond(uint256 subnetId, Role role, uint128 amount) external;

    /// @notice Sends all released stake to the caller.
    function withdrawStake(uint256 subnetId, Role role) external;

    /// @notice How many subnets there are; the newest has this id.
    function subnetCount() external view returns (uint256);

    /// @notice A subnet, or UnknownSubnet.
    function getSubnet(uint256 subnetId) external view returns (Subnet memory);

    /// @notice An operator's stake; all zero when it has none.
    function getStake(uint256 subnetId, Role role, address operator) external view returns (Stake memory);

    /// @notice Sum of the bonded stake of all operators in a role.
    function totalBonded(uint256 subnetId, Role role) external view returns (uint256);

    /// @notice What is in a subnet's reward pool.
    function rewardPool(uint256 subnetId, address token) external view returns (uint256);

    /// @notice Whether the operator has bonded stake, and at least the role's minimum.
    function isActive(uint256 subnetId, Role role, address operator) external view returns (bool);

    /// @notice Shortest unbonding delay of a subnet, seconds.
    function MIN_UNBONDING_DELAY() external view returns (uint40);

    /// @notice Longest unbonding delay of a subnet, seconds.
    function MAX_UNBONDING_DELAY() external view returns (uint40);
}
