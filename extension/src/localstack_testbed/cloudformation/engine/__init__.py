"""Operations on stacks: create, update, delete, roll back."""
