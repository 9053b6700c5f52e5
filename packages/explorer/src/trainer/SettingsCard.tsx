import type { JSX } from "preact";
import { Choice, RealField, WholeField } from "../controls/fields.tsx";
import type { Recipe } from "../network/recipe.ts";
import { LIMITS } from "../network/recipeText.ts";

export interface SettingsCardProps {
  readonly recipe: Recipe;
  readonly onChange: (part: Partial<Omit<Recipe, "layers">>) => void;
}

/** How the network is trained. */
export function SettingsCard({ recipe, onChange }: SettingsCardProps): JSX.Element {
  return (
    <section class="card settings" aria-label="Training settings">
      <h2>How it learns</h2>
      <div class="fields">
        <Choice
          label="Optimizer"
          row
          value={recipe.optimizer}
          options={[
            ["sgd", "SGD"],
            ["adam", "Adam"],
          ]}
          onChange={(optimizer) => onChange({ optimizer, lr: optimizer === "adam" ? 0.001 : 0.05 })}
        />
        <RealField
          label="Learning rate"
          value={recipe.lr}
          least={0}
          most={10}
          onChange={(lr) => onChange({ lr })}
        />
        <RealField
          label="Momentum"
          title="Of SGD; Adam has its own."
          value={recipe.momentum}
          least={0}
          most={0.999}
          disabled={recipe.optimizer === "adam"}
          onChange={(momentum) => onChange({ momentum })}
        />
        <WholeField
          label="Images per step"
          value={recipe.batch}
          least={LIMITS.batch[0]}
          most={LIMITS.batch[1]}
          onChange={(batch) => onChange({ batch })}
        />
        <WholeField
          label="Epochs"
          value={recipe.epochs}
          least={LIMITS.epochs[0]}
          most={LIMITS.epochs[1]}
          onChange={(epochs) => onChange({ epochs })}
        />
        <WholeField
          label="Seed"
          title="Of the first weights and of the images' order: the same seed gives the same bits."
          value={recipe.seed}
          least={0}
          most={Number.MAX_SAFE_INTEGER}
          onChange={(seed) => onChange({ seed })}
        />
      </div>
    </section>
  );
}
